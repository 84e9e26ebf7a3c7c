package org.peft4j.cli.options;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.cli.workers.SharedBases;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.internal.files.AdapterFiles;
import org.peft4j.transformers.CausalLanguageModel;
import org.peft4j.transformers.Seq2SeqLanguageModel;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.family.AdapterTask;
import org.peft4j.transformers.family.Families;
import org.peft4j.transformers.generation.Generator;

/** A loaded model, with its adapter if one is requested. */
public record OpenModel(TransformerModel base, Optional<PeftModel<ComputationGraph>> wrapped)
    implements AutoCloseable {

  public static OpenModel of(ModelOptions options) {
    return of(options.model, options.adapters, options.precision.options());
  }

  /** A model with more options than those that were typed. */
  public static OpenModel of(ModelOptions options, UnaryOperator<TransformerOptions> more) {
    return of(options.model, options.adapters, more.apply(options.precision.options()));
  }

  /** A model with all of these adapters active, and the head that the first was trained with. */
  public static OpenModel of(
      Path model, List<WeightedFolder> adapters, TransformerOptions options) {
    check(model);
    // First, because the model takes longer to load.
    adapters.forEach(adapter -> AdapterFiles.readConfig(adapter.folder()));
    return open(
        adapters.isEmpty()
            ? Transformers.open(model, options)
            : Transformers.open(model, AdapterTask.of(adapters.get(0).folder(), model), options),
        adapters);
  }

  /** A model with that head, and all of these adapters active. */
  public static OpenModel of(
      Path model, TaskHead head, List<WeightedFolder> adapters, TransformerOptions options) {
    adapters.forEach(adapter -> AdapterFiles.readConfig(adapter.folder()));
    return open(Transformers.open(model, head, options), adapters);
  }

  private static OpenModel open(TransformerModel base, List<WeightedFolder> adapters) {
    return open(
        base,
        () ->
            adapters.isEmpty()
                ? Optional.empty()
                : Optional.of(LoadedAdapters.active(base.graph(), adapters)));
  }

  /** A model with a saved adapter, and other settings of training than it was saved with. */
  public static OpenModel toTrain(
      Path model,
      TaskHead head,
      Path adapter,
      Optional<Double> dropout,
      TransformerOptions options) {
    List<WeightedFolder> adapters = List.of(new WeightedFolder(adapter, 1));
    AdapterFiles.readConfig(adapter);
    OpenModel open = open(SharedBases.open(model, head, options), adapters);
    dropout.ifPresent(value -> Dropout.set(open.wrapped().orElseThrow(), value));
    return open;
  }

  /** A model with that head and a new adapter, to train. */
  public static OpenModel withNewAdapter(
      Path model, TaskHead head, PeftConfig config, long seed, TransformerOptions options) {
    TransformerModel base = SharedBases.open(model, head, options);
    return open(base, () -> Optional.of(Peft.wrap(base.graph(), config, seed)));
  }

  private static OpenModel open(
      TransformerModel base, Supplier<Optional<PeftModel<ComputationGraph>>> wrapped) {
    try {
      return new OpenModel(base, wrapped.get());
    } catch (RuntimeException e) {
      SharedBases.close(base);
      throw e;
    }
  }

  /**
   * Fails unless {@code model} is a checkpoint of a supported family: an early check, before work
   * that takes time.
   */
  public static void check(Path model) {
    if (!Files.isDirectory(model)) {
      throw new PeftException(
          Files.exists(model)
              ? model + " is a file; give the folder of a Hugging Face checkpoint."
              : "There is no model folder " + model + ".");
    }
    Families.read(model);
  }

  /**
   * A generator with the adapters.
   *
   * @throws PeftException if the model is no language model
   */
  public Generator generator() {
    if (base instanceof CausalLanguageModel causal) {
      return Generator.of(causal, graph());
    }
    if (base instanceof Seq2SeqLanguageModel decoder) {
      return Generator.of(decoder, graph());
    }
    throw new PeftException(
        base.folder()
            + " is a model for the task "
            + base.architecture().task()
            + "; give the folder of a language model.");
  }

  /** The graph to run: the wrapped one if there is an adapter. */
  public ComputationGraph graph() {
    return wrapped.map(PeftModel::network).orElse(base.network());
  }

  @Override
  public void close() {
    wrapped.ifPresent(PeftModel::close);
    SharedBases.close(base);
  }
}
