package org.peft4j.cli.options;

import java.util.Optional;
import org.peft4j.PeftModel;
import org.peft4j.config.FieldRole;
import org.peft4j.error.PeftException;
import org.peft4j.method.Methods;
import picocli.CommandLine.Option;

/** The task whose prompt runs. */
public final class TaskOption {
  @Option(
      names = "--task",
      paramLabel = "N",
      description =
          "For multitask prompts: the task, from 0, of all sequences; a line of .jsonl may have its"
              + " own task_id, and .safetensors task_ids.")
  public Optional<Integer> number = Optional.empty();

  /**
   * Sets the task of the model.
   *
   * @param model empty without an adapter
   */
  public void tell(Optional<? extends PeftModel<?>> model) {
    number.ifPresent(
        task ->
            model
                .filter(wrapped -> wrapped.active().stream().anyMatch(a -> hasTasks(wrapped, a)))
                .orElseThrow(
                    () ->
                        new PeftException(
                            "--task is "
                                + task
                                + ", but the adapter has no tasks; leave out --task."))
                .setTasks(task));
  }

  private static boolean hasTasks(PeftModel<?> model, String adapter) {
    return Methods.of(model.config(adapter)).fields().withRole(FieldRole.TASKS).isPresent();
  }
}
