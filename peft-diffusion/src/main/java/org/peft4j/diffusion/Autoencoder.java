package org.peft4j.diffusion;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import java.nio.file.Path;
import java.util.List;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;
import org.peft4j.diffusion.internal.architecture.AutoencoderArchitecture;
import org.peft4j.diffusion.internal.model.PictureModel;

/**
 * The frozen autoencoder of Stable Diffusion (Kingma and Welling, 2014; Rombach et al., 2022): from
 * pictures to latents of an eighth of their extents, and back.
 */
public final class Autoencoder implements AutoCloseable {
  private static final double LEAST_LOGARITHM = -30;
  private static final double LARGEST_LOGARITHM = 20;

  private final Path folder;
  private final AutoencoderArchitecture architecture;
  private final PictureModel encoderModel;
  private final PictureModel decoderModel;
  private final ComputationGraph encoder;
  private final ComputationGraph decoder;

  Autoencoder(
      Path folder,
      AutoencoderArchitecture architecture,
      PictureModel encoderModel,
      PictureModel decoderModel,
      DiffusionOptions options) {
    this.folder = folder;
    this.architecture = architecture;
    this.encoderModel = encoderModel;
    this.decoderModel = decoderModel;
    this.encoder = PictureGraph.build(encoderModel, options, List.of("sample"));
    this.decoder = PictureGraph.build(decoderModel, options, List.of("latents"));
  }

  /** {@link Diffusion#loadAutoencoder(Path)}. */
  public static Autoencoder load(Path folder) {
    return Diffusion.loadAutoencoder(folder);
  }

  /**
   * The distributions of pictures' latents, not scaled.
   *
   * @param pictures [batch, channels, height, width], values from −1 to 1
   */
  public LatentDistribution encode(INDArray pictures) {
    INDArray moments = encoder.outputSingle(pictures);
    long latents = moments.size(1) / 2;
    INDArray mean = moments.get(all(), interval(0, latents), all(), all()).dup('c');
    INDArray logarithm = moments.get(all(), interval(latents, 2 * latents), all(), all()).dup('c');
    INDArray bounded =
        Transforms.min(Transforms.max(logarithm, LEAST_LOGARITHM, false), LARGEST_LOGARITHM, false);
    return new LatentDistribution(mean, Transforms.exp(bounded.muli(0.5), false));
  }

  /**
   * The pictures of latents, which are not scaled: what a UNet gives is divided by {@link
   * #scalingFactor()} first.
   *
   * @param latents [batch, channels, height, width]
   * @return [batch, channels, height', width'], values about from −1 to 1
   */
  public INDArray decode(INDArray latents) {
    return decoder.outputSingle(latents);
  }

  /** What latents are multiplied with before a UNet sees them. */
  public double scalingFactor() {
    return architecture.scalingFactor();
  }

  /** The channels of latents. */
  public int latentChannels() {
    return architecture.decoder().inputChannels();
  }

  /** The number of parameters. */
  public long parameterCount() {
    return architecture.parameterCount();
  }

  /** The folder that it was loaded from. */
  public Path folder() {
    return folder;
  }

  /** Frees the weights. */
  @Override
  public void close() {
    encoderModel.close();
    decoderModel.close();
  }
}
