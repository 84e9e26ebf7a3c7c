package org.peft4j.transformers.config;

import java.util.Optional;
import org.peft4j.error.PeftException;

/**
 * The task of a model, and what its head needs to know beside the body.
 *
 * @param labels the classes of sequences or tokens; empty for other tasks
 * @param problem what the labels of a sequence are; of no meaning for other tasks
 */
public record TaskHead(Task task, Optional<Labels> labels, ProblemType problem) {
  /**
   * Checks that labels go with the task.
   *
   * @throws PeftException if they do not
   */
  public TaskHead {
    boolean classes = task.labelsInputs() || task == Task.TOKEN_CLS;
    if (classes != labels.isPresent()) {
      throw new PeftException(
          "The task "
              + task
              + (classes
                  ? " needs labels, and there are none."
                  : " has no labels; leave them out."));
    }
    boolean one = labels.map(Labels::size).orElse(2) == 1;
    if (one && problem == ProblemType.SINGLE_LABEL_CLASSIFICATION) {
      throw new PeftException(
          "There is one label; a classifier of single labels has two or more. Give more labels, or"
              + " problem_type regression or multi_label_classification.");
    }
  }

  /** A task without labels. */
  public static TaskHead of(Task task) {
    return new TaskHead(task, Optional.empty(), ProblemType.SINGLE_LABEL_CLASSIFICATION);
  }

  /** A class for each sequence; a number if there is a single label. */
  public static TaskHead sequences(Labels labels) {
    return sequences(labels, ProblemType.of(labels));
  }

  /** Labels of that type for each sequence. */
  public static TaskHead sequences(Labels labels, ProblemType problem) {
    return new TaskHead(Task.SEQ_CLS, Optional.of(labels), problem);
  }

  /** Labels of that type for each picture. */
  public static TaskHead pictures(Labels labels, ProblemType problem) {
    return new TaskHead(Task.IMAGE_CLASSIFICATION, Optional.of(labels), problem);
  }

  /** A class for each token. */
  public static TaskHead tokens(Labels labels) {
    return new TaskHead(
        Task.TOKEN_CLS, Optional.of(labels), ProblemType.SINGLE_LABEL_CLASSIFICATION);
  }

  /** The labels of a task that has them. */
  public Labels requireLabels() {
    return labels.orElseThrow(() -> new IllegalStateException(task + " has no labels."));
  }

  /**
   * The name of Hugging Face transformers' class for the task.
   *
   * @param family {@code Llama}
   * @param languageModel the rest of the name of the family's language model: {@code ForCausalLM}
   */
  public String className(String family, String languageModel) {
    boolean language = task == Task.CAUSAL_LM || task == Task.SEQ_2_SEQ_LM;
    return family + (language ? languageModel : task.suffix());
  }
}
