package org.peft4j.transformers;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.internal.Quoted;
import org.peft4j.internal.files.AdapterFiles;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.family.AdapterTask;
import org.peft4j.transformers.family.Families;

/**
 * Loads a saved adapter with its base model: finds the base model that the adapter names, builds
 * the class of models for the adapter's task, with its labels, and puts the adapter on it.
 *
 * <pre>{@code
 * LabelScores scores = AutoPeft.load(adapter, SequenceClassifier.class).predict("A fine film.");
 * }</pre>
 *
 * <p>The network is never used: the base model is a folder on this machine.
 */
public final class AutoPeft {
  private AutoPeft() {}

  /**
   * Loads an adapter whose base model is where it says, for the task that it says.
   *
   * @param adapter a folder with {@code adapter_config.json} and the adapter's weights
   * @throws PeftException as {@link #load(Path, BaseModels, TransformerOptions)} does
   */
  public static TransformerModel load(Path adapter) {
    return load(adapter, BaseModels.named());
  }

  /** Loads an adapter whose base model is among these, for the task that it says. */
  public static TransformerModel load(Path adapter, BaseModels bases) {
    return load(adapter, bases, TransformerOptions.defaults());
  }

  /**
   * Loads an adapter for the task that it says.
   *
   * @throws PeftException if the adapter names no task or no base model, the base model is in none
   *     of the places, nothing says how many labels there are, or a file is broken or not supported
   */
  public static TransformerModel load(Path adapter, BaseModels bases, TransformerOptions options) {
    PeftConfig config = config(adapter);
    if (config.common().taskType().isEmpty()) {
      Path pictures = base(adapter, config, bases);
      if (Families.read(pictures).pictures().isPresent()) { // PEFT has no task for these.
        return open(adapter, pictures, AdapterTask.of(adapter, pictures), options);
      }
      throw new PeftException(
          adapter
              + " names no task_type in its adapter_config.json. Give the class of its model:"
              + " AutoPeft.load(adapter, SequenceClassifier.class).");
    }
    Path base = base(adapter, config, bases);
    return open(adapter, base, AdapterTask.of(adapter, base), options);
  }

  /** Loads an adapter of a class of models, whose base model is where it says. */
  public static <T extends TransformerModel> T load(Path adapter, Class<T> kind) {
    return load(adapter, kind, BaseModels.named());
  }

  /** Loads an adapter of a class of models, whose base model is among these. */
  public static <T extends TransformerModel> T load(Path adapter, Class<T> kind, BaseModels bases) {
    return load(adapter, kind, bases, TransformerOptions.defaults());
  }

  /**
   * Loads an adapter of a class of models. An adapter that names no task is taken for one of that
   * class.
   *
   * @throws PeftException as {@link #load(Path, BaseModels, TransformerOptions)} does, or if the
   *     adapter is for another task
   */
  public static <T extends TransformerModel> T load(
      Path adapter, Class<T> kind, BaseModels bases, TransformerOptions options) {
    PeftConfig config = config(adapter);
    Path base = base(adapter, config, bases);
    TaskHead head =
        config.common().taskType().isPresent()
            ? AdapterTask.of(adapter, base)
            : AdapterTask.of(adapter, base, task(kind));
    Class<? extends TransformerModel> own = kind(head.task());
    if (!kind.isAssignableFrom(own)) {
      throw new PeftException(
          "%s is an adapter for the task %s, of a %s; a %s is asked for."
              .formatted(adapter, head.task(), own.getSimpleName(), kind.getSimpleName()));
    }
    return kind.cast(open(adapter, base, head, options));
  }

  /**
   * The folder of an adapter's base model.
   *
   * @throws PeftException if the adapter names no base model, or the model is in none of the places
   */
  public static Path base(Path adapter, BaseModels bases) {
    return base(adapter, config(adapter), bases);
  }

  private static PeftConfig config(Path adapter) {
    AdapterFiles.requireFolder(adapter);
    return AdapterFiles.readConfig(adapter);
  }

  private static Path base(Path adapter, PeftConfig config, BaseModels bases) {
    String name =
        config
            .common()
            .baseModel()
            .filter(given -> !given.isBlank())
            .orElseThrow(
                () ->
                    new PeftException(
                        adapter
                            + " names no base model: base_model_name_or_path of its"
                            + " adapter_config.json is missing. Open the model, and give it the"
                            + " adapter: model.adapt(folder)."));
    List<Path> places = bases.places(name);
    return places.stream()
        .filter(place -> Files.isRegularFile(place.resolve("config.json")))
        .findFirst()
        .orElseThrow(
            () ->
                new PeftException(
                    "The base model "
                        + Quoted.quoted(name)
                        + " of "
                        + adapter
                        + " is not on this machine. Looked for its config.json in: "
                        + (places.isEmpty() ? "no folder" : places)
                        + ". Save the model there, or say where it is:"
                        + " AutoPeft.load(adapter, BaseModels.in(folderOfModels))."));
  }

  private static TransformerModel open(
      Path adapter, Path base, TaskHead head, TransformerOptions options) {
    TransformerModel model = Transformers.open(base, head, options);
    try {
      model.adapt(adapter);
      return model;
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  private static Class<? extends TransformerModel> kind(Task task) {
    return switch (task) {
      case CAUSAL_LM -> CausalLanguageModel.class;
      case SEQ_2_SEQ_LM -> Seq2SeqLanguageModel.class;
      case SEQ_CLS -> SequenceClassifier.class;
      case TOKEN_CLS -> TokenClassifier.class;
      case QUESTION_ANS -> QuestionAnswerer.class;
      case FEATURE_EXTRACTION -> Encoder.class;
      case IMAGE_CLASSIFICATION -> ImageClassifier.class;
      case IMAGE_TEXT -> ImageTextModel.class;
      case IMAGE_TO_TEXT -> ImageCaptioner.class;
    };
  }

  /** The task of a class; empty for all of them. */
  private static Optional<Task> task(Class<? extends TransformerModel> kind) {
    for (Task task : Task.values()) {
      if (kind.equals(kind(task))) {
        return Optional.of(task);
      }
    }
    return Optional.empty();
  }
}
