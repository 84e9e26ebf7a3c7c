package org.peft4j.transformers.internal.family;

import java.util.List;
import org.peft4j.transformers.config.Task;

/** What decoders are for: the tasks for which Hugging Face transformers has a class. */
public final class DecoderTasks {
  /** Every task of a decoder. */
  public static final List<Task> ALL =
      List.of(Task.CAUSAL_LM, Task.SEQ_CLS, Task.TOKEN_CLS, Task.QUESTION_ANS);

  /** Labels of sequences and of tokens. */
  public static final List<Task> TOKENS = List.of(Task.CAUSAL_LM, Task.SEQ_CLS, Task.TOKEN_CLS);

  /** Labels of sequences, and answers. */
  public static final List<Task> ANSWERS = List.of(Task.CAUSAL_LM, Task.SEQ_CLS, Task.QUESTION_ANS);

  private DecoderTasks() {}
}
