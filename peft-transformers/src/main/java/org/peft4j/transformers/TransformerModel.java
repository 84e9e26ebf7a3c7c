package org.peft4j.transformers;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.config.CommonBuilder;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.method.Methods;
import org.peft4j.site.Site;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.family.AdapterTask;
import org.peft4j.transformers.internal.model.FrozenModel;
import org.peft4j.transformers.internal.predict.TextBatches;
import org.peft4j.transformers.plan.TrainingBatch;
import org.peft4j.transformers.plan.TransformerPlan;
import org.peft4j.transformers.plan.TransformerPlanner;
import org.peft4j.transformers.tokenizer.Tokenizer;

/**
 * A loaded checkpoint: a {@link ComputationGraph} from {@code input_ids} [batch, time], and of an
 * encoder-decoder {@code decoder_input_ids}, to the output of its head. The features' mask is
 * Hugging Face's {@code attention_mask} [batch, time].
 *
 * <p>The graph has no parameters of its own; wrap it to train adapters. It runs without the base
 * model's dropout, in training too.
 */
public abstract sealed class TransformerModel implements AutoCloseable
    permits CausalLanguageModel,
        Encoder,
        ImageCaptioner,
        ImageClassifier,
        ImageTextModel,
        QuestionAnswerer,
        Seq2SeqLanguageModel,
        SequenceClassifier,
        TokenClassifier {
  private final Path folder;
  private final FrozenModel model;
  private final ComputationGraph graph;
  private Optional<Tokenizer> tokenizer = Optional.empty();
  private Optional<PeftModel<ComputationGraph>> adapters = Optional.empty();
  private boolean ownsAdapters;
  private Path tokenizerFolder;

  TransformerModel(Path folder, FrozenModel model, TransformerOptions options) {
    this.folder = folder;
    this.tokenizerFolder = folder;
    this.model = model;
    this.graph = GraphBuilder.build(model, options);
  }

  /** The graph of the model alone, without adapters. */
  public final ComputationGraph graph() {
    return graph;
  }

  /**
   * The graph that predicts: the one that was wrapped around the model by {@link #wrap}, {@link
   * #adapt} or {@link #use}, or else the model's own.
   */
  public final ComputationGraph network() {
    return adapters.map(PeftModel::network).orElse(graph);
  }

  /** The adapters that the model predicts with; empty for none. */
  public final Optional<PeftModel<ComputationGraph>> adapters() {
    return adapters;
  }

  /**
   * Puts a new adapter on the model, which predicts with it from now on. It is closed with the
   * model. A config that names no task and no base model gets this model's: so the heads of
   * classifiers and of models that answer questions train too, whatever their names, and {@link
   * AutoPeft} finds the model.
   *
   * @return to train it: {@code wrap(config).network().fit(…)}
   * @throws PeftException if the config is impossible for the model
   */
  public final PeftModel<ComputationGraph> wrap(PeftConfig config) {
    CommonBuilder<?> own = config.toBuilder();
    if (config.common().taskType().isEmpty()) {
      Optional.of(architecture().task())
          .filter(task -> architecture().pictures().isEmpty())
          .flatMap(Task::adapterTask)
          .ifPresent(own::taskType);
    }
    if (config.common().modulesToSave().isEmpty() && saves(config)) {
      architecture().headToSave().ifPresent(own::modulesToSave);
    }
    if (config.common().baseModel().isEmpty()) {
      own.baseModel(folder.toString());
    }
    return own(Peft.wrap(graph, own.build()));
  }

  /**
   * Puts a saved adapter on the model, which predicts with it from now on. It is closed with the
   * model. If a tokenizer is saved beside the adapter, it is the model's from now on.
   *
   * @param adapter a folder of Hugging Face PEFT
   * @throws PeftException if its files are broken or belong to another model
   */
  public final PeftModel<ComputationGraph> adapt(Path adapter) {
    PeftModel<ComputationGraph> peft = own(Peft.load(graph, adapter));
    if (Files.exists(adapter.resolve("tokenizer.json"))) {
      tokenizer.ifPresent(Tokenizer::close);
      tokenizer = Optional.empty();
      tokenizerFolder = adapter;
    }
    return peft;
  }

  /** Whether adapters of a method can have modules that train as a copy. */
  private static boolean saves(PeftConfig config) {
    return Methods.of(config).fields().all().stream()
        .anyMatch(field -> field.name().equals("modules_to_save"));
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
  public final void use(PeftModel<ComputationGraph> peft) {
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
   * Saves the adapters, as {@link PeftModel#save(Path)} does, with the names of the labels beside
   * each: {@link AutoPeft} and {@link #adapt} read them.
   *
   * @throws PeftException if there are none, a value is not finite, or the files cannot be written
   */
  public final void save(Path adapter) {
    PeftModel<ComputationGraph> peft =
        adapters.orElseThrow(
            () ->
                new PeftException(
                    "There is no adapter to save; put one on the model with wrap or adapt. A"
                        + " checkpoint of the model itself is written by CheckpointWriter."));
    peft.save(adapter);
    for (String name : peft.adapters()) {
      Path one = name.equals(Peft.DEFAULT_ADAPTER) ? adapter : adapter.resolve(name);
      AdapterTask.write(one, folder, architecture());
    }
  }

  /**
   * The tokenizer in the model's folder, loaded when it is first asked for and closed with the
   * model.
   *
   * @throws PeftException if the folder has none, or it is broken or not supported
   */
  public final Tokenizer tokenizer() {
    Tokenizer loaded = tokenizer.orElseGet(() -> Tokenizer.load(tokenizerFolder, folder));
    tokenizer = Optional.of(loaded);
    return loaded;
  }

  /** Runs texts with the adapters that act now. */
  final TextBatches batches() {
    return new TextBatches(network(), architecture(), tokenizer());
  }

  /** The architecture in its {@code config.json}. */
  public final ModelArchitecture architecture() {
    return model.architecture();
  }

  /** The folder that it was loaded from. */
  public final Path folder() {
    return folder;
  }

  /** Every site where adapters can act, in the order of the forward pass. */
  public final List<Site> sites() {
    return architecture().sites();
  }

  /** The number of frozen parameters; a tied head counts once. */
  public final long parameterCount() {
    return architecture().parameterCount();
  }

  /**
   * Reports, before allocating anything, what {@code config} would train here and the memory that
   * training would take.
   */
  public final TransformerPlan plan(PeftConfig config, TrainingBatch batch) {
    return TransformerPlanner.plan(architecture(), config, batch);
  }

  /** Frees the weights. The graph, and every graph wrapped around it, fails afterwards. */
  @Override
  public final void close() {
    release();
    tokenizer.ifPresent(Tokenizer::close);
    tokenizer = Optional.empty();
    graph.rnnClearPreviousState();
    model.close();
  }
}
