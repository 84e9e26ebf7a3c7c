package org.peft4j.transformers.family;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.internal.Quoted;
import org.peft4j.internal.files.AdapterFiles;
import org.peft4j.internal.json.JsonReader;
import org.peft4j.internal.json.JsonWriter;
import org.peft4j.internal.torch.WeightFiles;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.config.Labels;
import org.peft4j.transformers.config.ProblemType;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.internal.family.LabelFields;

/**
 * The task and the labels of a saved adapter. Its {@code adapter_config.json} has the task; the
 * labels, which Hugging Face PEFT does not save, are in a {@code config.json} beside it: the base
 * model's, with the class, {@code id2label}, {@code label2id} and {@code problem_type} of the head
 * that the adapter trained.
 */
public final class AdapterTask {
  private static final String CONFIG = "config.json";
  private static final JsonReader JSON = JsonReader.upTo(1 << 20, 1 << 20);

  private AdapterTask() {}

  /**
   * Writes the labels beside an adapter, if its model has any.
   *
   * @param base the folder of the base model
   * @param model the base model with the head that the adapter trained
   */
  public static void write(Path adapter, Path base, ModelArchitecture model) {
    if (model.labels().isPresent()) {
      ObjectNode config = JSON.readObject(base.resolve(CONFIG));
      LabelFields.put(config, model);
      JsonWriter.write(adapter.resolve(CONFIG), config);
    }
  }

  /**
   * The head that a saved adapter needs. Without a task in the adapter, it is the base model's own.
   * Labels are those of the {@code config.json} beside the adapter; else those of the base model,
   * if it has as many; else as many as the adapter's own head has outputs, named {@code LABEL_0}
   * and so on. They are of the kind that the base model's config says.
   *
   * @param base the folder of the base model, or its {@code config.json}
   * @throws PeftException if a file is broken or the task is unknown, or if nothing says how many
   *     labels there are
   */
  public static TaskHead of(Path adapter, Path base) {
    PeftConfig config = AdapterFiles.readConfig(adapter);
    return of(adapter, base, config.common().taskType().map(AdapterTask::named));
  }

  /**
   * The head that a saved adapter needs for a task, whatever it says itself.
   *
   * @param base the folder of the base model, or its {@code config.json}
   * @param task empty for the base model's own
   * @throws PeftException as {@link #of(Path, Path)} does
   */
  public static TaskHead of(Path adapter, Path base, Optional<Task> task) {
    TaskHead stored = head(Families.read(base));
    if (task.isEmpty() && !Families.read(base).readsText()) {
      return beside(adapter).orElse(stored);
    }
    if (task.isEmpty() || languageModels(task.get(), stored.task())) {
      return stored;
    }
    if (!task.get().labelsInputs() && task.get() != Task.TOKEN_CLS) {
      return TaskHead.of(task.get());
    }
    return beside(adapter)
        .filter(head -> head.task() == task.get())
        .orElseGet(() -> counted(adapter, base, task.get(), stored));
  }

  /** The head of the config beside an adapter, if there is one. */
  private static Optional<TaskHead> beside(Path adapter) {
    Path config = adapter.resolve(CONFIG);
    return Files.exists(config) ? Optional.of(head(Families.read(config))) : Optional.empty();
  }

  private static boolean languageModels(Task first, Task second) {
    boolean one = first == Task.CAUSAL_LM || first == Task.SEQ_2_SEQ_LM;
    return one && (second == Task.CAUSAL_LM || second == Task.SEQ_2_SEQ_LM);
  }

  /**
   * The task of that name, as {@code task_type} of an adapter's config has it.
   *
   * @throws PeftException if there is none
   */
  public static Task named(String name) {
    return Arrays.stream(Task.values())
        .filter(task -> task.adapterTask().filter(name::equals).isPresent())
        .findFirst()
        .orElseThrow(
            () ->
                new PeftException(
                    "The adapter's task_type is "
                        + Quoted.quoted(name)
                        + "; allowed: "
                        + Arrays.stream(Task.values())
                            .flatMap(task -> task.adapterTask().stream())
                            .toList()
                        + "."));
  }

  private static TaskHead counted(Path adapter, Path base, Task task, TaskHead stored) {
    Labels two = Labels.count(2);
    TaskHead any = new TaskHead(task, Optional.of(two), ProblemType.SINGLE_LABEL_CLASSIFICATION);
    HeadPart.Output head = (HeadPart.Output) Families.read(base, any).head();
    Optional<Integer> own = outputs(adapter, "." + head.linear().site().name() + ".weight");
    boolean same = stored.task() == task;
    if (same && own.map(count -> count == stored.requireLabels().size()).orElse(true)) {
      return stored;
    }
    Labels labels =
        own.map(Labels::count)
            .orElseThrow(
                () ->
                    new PeftException(
                        adapter
                            + " is an adapter for the task "
                            + task
                            + ", and neither it nor "
                            + base
                            + " says how many labels there are. Put a config.json with id2label"
                            + " beside the adapter."));
    if (task == Task.TOKEN_CLS) {
      return TaskHead.tokens(labels);
    }
    boolean said = same && stored.problem() != ProblemType.of(stored.requireLabels());
    return new TaskHead(
        task, Optional.of(labels), said ? stored.problem() : ProblemType.of(labels));
  }

  /**
   * The module of a model's head for a task that an adapter trains only if {@code modules_to_save}
   * names it, as BART's {@code classification_head}; empty if there is none.
   *
   * @param base the folder of the base model, or its {@code config.json}
   * @throws PeftException if the model is not supported for the task
   */
  public static Optional<String> headToSave(Path base, Task task) {
    Labels two = Labels.count(2);
    return switch (task) {
      case SEQ_CLS -> Families.read(base, TaskHead.sequences(two)).headToSave();
      case TOKEN_CLS -> Families.read(base, TaskHead.tokens(two)).headToSave();
      case QUESTION_ANS -> Families.read(base, TaskHead.of(task)).headToSave();
      case IMAGE_CLASSIFICATION ->
          Families.read(base, TaskHead.pictures(two, ProblemType.SINGLE_LABEL_CLASSIFICATION))
              .headToSave();
      default -> Optional.empty();
    };
  }

  /** The rows of the adapter's copy of a matrix. */
  private static Optional<Integer> outputs(Path adapter, String end) {
    try (TensorSource source = WeightFiles.open(AdapterFiles.weights(adapter))) {
      return source.tensors().values().stream()
          .filter(tensor -> tensor.name().endsWith(end) && tensor.shape().size() == 2)
          .map(TensorInfo::shape)
          .map(shape -> Math.toIntExact(shape.get(0)))
          .findFirst();
    }
  }

  /** The head that a model has, as it is asked for. */
  public static TaskHead head(ModelArchitecture model) {
    if (model.head() instanceof HeadPart.Sequence sequence) {
      return new TaskHead(model.task(), Optional.of(sequence.classes()), sequence.problem());
    }
    return model.head() instanceof HeadPart.Tokens tokens
        ? TaskHead.tokens(tokens.classes())
        : TaskHead.of(model.task());
  }
}
