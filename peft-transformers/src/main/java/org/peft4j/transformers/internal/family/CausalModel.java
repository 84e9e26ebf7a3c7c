package org.peft4j.transformers.internal.family;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.peft4j.transformers.architecture.CheckpointNames;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.LinearPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.StackPart;
import org.peft4j.transformers.config.TaskHead;

/**
 * A decoder with the head of a language model, or with that of another task: {@code score} or
 * {@code classifier}, {@code qa_outputs}.
 *
 * @param modelType the {@code model_type}
 * @param family what the names of its classes begin with
 * @param bodyPrefix the first segment of the names of all modules except the head
 * @param constants keys of constant tensors that some checkpoints contain
 * @param storedHead the name of the language model's head in checkpoints, and in adapters of before
 * @param tokenHead the name of the head of labels of tokens
 */
public record CausalModel(
    String modelType,
    String family,
    String bodyPrefix,
    Set<String> constants,
    String storedHead,
    String tokenHead) {
  public static final String HEAD = "lm_head";

  /** The head of labels of sequences, and of tokens too in the families that are like Llama. */
  public static final String SCORE = "score";

  /** A model whose language models are of the class {@code NameForCausalLM}. */
  public static CausalModel of(
      String modelType, String className, String bodyPrefix, Set<String> constants) {
    return new CausalModel(modelType, className, bodyPrefix, constants, HEAD, SCORE);
  }

  /** The same with another name of the head in checkpoints. */
  public CausalModel withStoredHead(String name) {
    return new CausalModel(modelType, family, bodyPrefix, constants, name, tokenHead);
  }

  /** The same with another name of the head of labels of tokens. */
  public CausalModel withTokenHead(String name) {
    return new CausalModel(modelType, family, bodyPrefix, constants, storedHead, name);
  }

  /**
   * Describes the model.
   *
   * @param head of the language model
   */
  public ModelArchitecture describe(
      ConfigFields fields,
      TaskHead task,
      int maxPositions,
      StackPart body,
      HeadPart.Language head) {
    HeadPart.Language language = storedHead.equals(HEAD) ? head : head.formerly(storedHead);
    return new ModelArchitecture(
        new CheckpointNames(modelType, task.className(family, "ForCausalLM"), bodyPrefix, constants)
            .withRenamed(renamed()),
        maxPositions,
        TokenFields.read(fields),
        Optional.empty(),
        body,
        head(task, language, tokenHead));
  }

  private Map<String, String> renamed() {
    return storedHead.equals(HEAD) ? Map.of() : Map.of(HEAD + ".weight", storedHead + ".weight");
  }

  /**
   * The head of a task: the language model's, {@code score} on the last position, a map with bias
   * of each token to its labels, or {@code qa_outputs}. New weights have the deviation of the
   * language model's.
   *
   * @param tokenHead the name of the head of labels of tokens
   */
  public static HeadPart head(TaskHead task, HeadPart.Language head, String tokenHead) {
    return switch (task.task()) {
      case SEQ_CLS ->
          new HeadPart.Sequence(
              HeadPart.Position.LAST,
              List.of(),
              output(head, SCORE, task.requireLabels().size(), false),
              task.requireLabels(),
              task.problem());
      case TOKEN_CLS ->
          new HeadPart.Tokens(
              List.of(),
              output(head, tokenHead, task.requireLabels().size(), true),
              task.requireLabels());
      case QUESTION_ANS -> new HeadPart.Span(List.of(), output(head, HeadPart.Span.NAME, 2, true));
      default -> head;
    };
  }

  private static LinearPart output(
      HeadPart.Language head, String name, long outputs, boolean bias) {
    return HeadPart.output(name, head.inputs(), outputs, bias, head.linear().deviation());
  }
}
