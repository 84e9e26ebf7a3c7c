package org.peft4j.transformers.internal.family.encoder;

import java.util.List;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;

/** What encoders are for. */
final class EncoderTasks {
  /** Without a head of labels, the hidden states. */
  static final List<Task> ALL =
      List.of(Task.FEATURE_EXTRACTION, Task.SEQ_CLS, Task.TOKEN_CLS, Task.QUESTION_ANS);

  private EncoderTasks() {}

  /** The first segment of the body's names: none in a model without a head. */
  static String prefix(TaskHead task, String body) {
    return task.task() == Task.FEATURE_EXTRACTION ? "" : body + ".";
  }
}
