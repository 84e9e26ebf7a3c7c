package org.peft4j.cli.options;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.peft4j.PeftModel;
import org.peft4j.config.FieldRole;
import org.peft4j.error.PeftException;
import org.peft4j.method.Methods;
import org.peft4j.transformers.config.Task;
import picocli.CommandLine.Option;

/** What the model is for, and whose prompt runs. */
public final class TaskOption {
  @Option(
      names = "--task",
      paramLabel = "TASK|N",
      converter = TaskArgument.Converter.class,
      description =
          "What the model is for: causal-lm, seq-2-seq-lm, seq-cls, token-cls, question-ans,"
              + " feature-extraction, image-classification, image-to-text (captions), image-text"
              + " (pairs) or text-to-image (default: what the adapter or config.json says). A"
              + " number, from 0, is the task of all sequences for multitask prompts; a row may"
              + " have its own task_id, and .safetensors task_ids.")
  public List<TaskArgument> given = new ArrayList<>();

  /**
   * What the model is for; empty if it is not said.
   *
   * @throws PeftException if it is said twice
   */
  public Optional<Task> task() {
    if (makesPictures()) {
      throw new PeftException(
          "--task text-to-image is for 'peft train'; 'peft generate-image' makes pictures.");
    }
    return single(given.stream().flatMap(argument -> argument.task().stream()).toList());
  }

  /** Whether the task is text-to-image, whose models are others than those of {@link #task}. */
  public boolean makesPictures() {
    return given.contains(TaskArgument.TEXT_TO_IMAGE);
  }

  private Optional<Integer> number() {
    return single(given.stream().flatMap(argument -> argument.number().stream()).toList());
  }

  private static <T> Optional<T> single(List<T> values) {
    if (values.size() > 1) {
      throw new PeftException("--task is both " + values.get(0) + " and " + values.get(1) + ".");
    }
    return values.stream().findFirst();
  }

  /**
   * Sets the task of the model's multitask prompts.
   *
   * @param model empty without an adapter
   */
  public void tell(Optional<? extends PeftModel<?>> model) {
    number()
        .ifPresent(
            task ->
                withTasks(model)
                    .orElseThrow(
                        () ->
                            new PeftException(
                                "--task is "
                                    + task
                                    + ", but the adapter has no tasks; leave out --task."))
                    .setTasks(task));
  }

  /** The model, if one of its active adapters has tasks. */
  public static <M extends PeftModel<?>> Optional<M> withTasks(Optional<M> model) {
    return model.filter(
        wrapped -> wrapped.active().stream().anyMatch(adapter -> hasTasks(wrapped, adapter)));
  }

  private static boolean hasTasks(PeftModel<?> model, String adapter) {
    return Methods.of(model.config(adapter)).fields().withRole(FieldRole.TASKS).isPresent();
  }
}
