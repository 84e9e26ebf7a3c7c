package org.peft4j.diffusion;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.config.CommonBuilder;
import org.peft4j.config.PeftConfig;
import org.peft4j.diffusion.file.LoraFile;
import org.peft4j.diffusion.internal.files.ConvertedAdapters;
import org.peft4j.diffusion.internal.model.PictureModel;
import org.peft4j.error.PeftException;
import org.peft4j.method.Methods;
import org.peft4j.method.PeftMethod;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/**
 * A loaded UNet of Stable Diffusion: a {@link ComputationGraph} from {@code sample} [batch,
 * channels, height, width], {@code timestep} [batch, 1] and {@code encoder_hidden_states} [batch,
 * tokens, width] to a picture in the shape of the sample: the noise in it, or what else the model
 * was trained to predict.
 *
 * <p>The loss is the mean squared error to labels of that shape. A labels' mask [batch, 1] weighs
 * each picture's error.
 *
 * <p>The graph has no parameters of its own; wrap it to train adapters.
 */
public final class UNet implements AutoCloseable {
  private final Path folder;
  private final PictureModel model;
  private final ComputationGraph graph;
  private Optional<PeftModel<ComputationGraph>> adapters = Optional.empty();
  private boolean ownsAdapters;

  UNet(Path folder, PictureModel model, DiffusionOptions options) {
    this.folder = folder;
    this.model = model;
    this.graph =
        PictureGraph.build(model, options, List.of("sample", "timestep", "encoder_hidden_states"));
  }

  /** {@link Diffusion#loadUNet(Path)}. */
  public static UNet load(Path folder) {
    return Diffusion.loadUNet(folder);
  }

  /** The graph of the model alone, without adapters. */
  public ComputationGraph graph() {
    return graph;
  }

  /**
   * The graph that predicts: the one that was wrapped around the model by {@link #wrap}, {@link
   * #adapt} or {@link #use}, or else the model's own.
   */
  public ComputationGraph network() {
    return adapters.map(PeftModel::network).orElse(graph);
  }

  /** The adapters that the model predicts with; empty for none. */
  public Optional<PeftModel<ComputationGraph>> adapters() {
    return adapters;
  }

  /**
   * Puts a new adapter on the model, which predicts with it from now on. It is closed with the
   * model.
   *
   * @return to train it: {@code wrap(config).network().fit(…)}
   * @throws PeftException if the config is impossible for the model
   */
  public PeftModel<ComputationGraph> wrap(PeftConfig config) {
    requireModules(config);
    CommonBuilder<?> own = config.toBuilder();
    if (config.common().baseModel().isEmpty()) {
      own.baseModel(folder.toString());
    }
    return own(Peft.wrap(graph, own.build()));
  }

  /** Refuses methods that act between modules, on the states of a text that a model builds up. */
  private static void requireModules(PeftConfig config) {
    PeftMethod<?> method = Methods.of(config);
    if (method.siteKinds().stream().noneMatch(SiteKind::isModule)) {
      throw new PeftException(
          method.peftType()
              + " acts between the modules of a transformer: on its sequence, its keys and values,"
              + " or the results of its sub-layers. A UNet adds its residuals inside of its blocks,"
              + " and its pixels are no sequence with a place before it. Take a method that acts on"
              + " modules: LoRA, DoRA, (IA)3.");
    }
  }

  /**
   * Puts a saved adapter on the model, which predicts with it from now on. It is closed with the
   * model.
   *
   * @param adapter a folder of Hugging Face PEFT; or one with diffusers' {@link LoraFile#NAME}, or
   *     a safetensors file of diffusers or kohya, of which the UNet's part is taken
   * @throws PeftException if its files are broken or belong to another model
   */
  public PeftModel<ComputationGraph> adapt(Path adapter) {
    return LoraFile.find(adapter)
        .map(file -> own(ConvertedAdapters.load(graph, file, sites())))
        .orElseGet(() -> own(Peft.load(graph, adapter)));
  }

  /**
   * Saves the adapter in diffusers' form, {@link LoraFile#NAME} in a folder.
   *
   * @throws PeftException if there is none, it is no LoRA, or a file cannot be written
   */
  public void saveForDiffusers(Path to) {
    ConvertedAdapters.save(
        adapters.orElseThrow(
            () -> new PeftException("There is no adapter to save; put one on the model.")),
        to);
  }

  private PeftModel<ComputationGraph> own(PeftModel<ComputationGraph> peft) {
    release();
    adapters = Optional.of(peft);
    ownsAdapters = true;
    return peft;
  }

  /**
   * Predicts with adapters that were put on {@link #graph()} elsewhere, and are closed there.
   *
   * @throws PeftException if they are another model's
   */
  @SuppressWarnings("ReferenceEquality") // Equal graphs of two models have weights of their own.
  public void use(PeftModel<ComputationGraph> peft) {
    if (peft.base() != graph) {
      throw new PeftException(
          "The adapters are on another graph; wrap graph() of this model: " + folder + ".");
    }
    release();
    adapters = Optional.of(peft);
    ownsAdapters = false;
  }

  private void release() {
    if (ownsAdapters) {
      adapters.ifPresent(PeftModel::close);
    }
    adapters = Optional.empty();
  }

  /**
   * What the model predicts, in the shape of the sample.
   *
   * @param sample [batch, channels, height, width]
   * @param timestep [batch, 1]
   * @param text the states of the text's encoder, [batch, tokens, width]
   * @throws PeftException if a shape is another
   */
  public INDArray predict(INDArray sample, INDArray timestep, INDArray text) {
    return network().outputSingle(sample, timestep, text);
  }

  /** What its layers share. */
  PictureModel model() {
    return model;
  }

  /** The folder that it was loaded from. */
  public Path folder() {
    return folder;
  }

  /** Every site where adapters can act, in the order of the forward pass. */
  public List<Site> sites() {
    return model.architecture().sites();
  }

  /** The number of frozen parameters. */
  public long parameterCount() {
    return model.architecture().parameterCount();
  }

  /** The channels of a sample. */
  public int inputChannels() {
    return model.architecture().inputChannels();
  }

  /** The channels of what it predicts. */
  public int outputChannels() {
    return model.architecture().outputChannels();
  }

  /** The width of the text's states. */
  public int textWidth() {
    return model.architecture().textWidth();
  }

  /** Frees the weights. The graph, and every graph wrapped around it, fails afterwards. */
  @Override
  public void close() {
    release();
    model.close();
  }
}
