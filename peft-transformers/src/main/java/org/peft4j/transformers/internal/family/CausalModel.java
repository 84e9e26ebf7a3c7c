package org.peft4j.transformers.internal.family;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.peft4j.transformers.architecture.CheckpointNames;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.StackPart;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;

/**
 * A decoder with the head of a language model, or with that of a classifier, {@code score}.
 *
 * @param modelType the {@code model_type}
 * @param languageModel the class of its language models
 * @param classifier the class of its classifiers
 * @param bodyPrefix the first segment of the names of all modules except the head
 * @param constants keys of constant tensors that some checkpoints contain
 * @param storedHead the name of the language model's head in checkpoints, and in adapters of before
 */
public record CausalModel(
    String modelType,
    String languageModel,
    String classifier,
    String bodyPrefix,
    Set<String> constants,
    String storedHead) {
  public static final String HEAD = "lm_head";

  /**
   * A model whose classes are {@code NameForCausalLM} and {@code NameForSequenceClassification}.
   */
  public static CausalModel of(
      String modelType, String className, String bodyPrefix, Set<String> constants) {
    return new CausalModel(
        modelType,
        className + "ForCausalLM",
        className + "ForSequenceClassification",
        bodyPrefix,
        constants,
        HEAD);
  }

  /** The same with another name of the head in checkpoints. */
  public CausalModel withStoredHead(String name) {
    return new CausalModel(modelType, languageModel, classifier, bodyPrefix, constants, name);
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
    String className = task.task() == Task.SEQ_CLS ? classifier : languageModel;
    return new ModelArchitecture(
        new CheckpointNames(modelType, className, bodyPrefix, constants, renamed()),
        maxPositions,
        TokenFields.read(fields),
        Optional.empty(),
        body,
        head(task, storedHead.equals(HEAD) ? head : head.formerly(storedHead)));
  }

  private Map<String, String> renamed() {
    return storedHead.equals(HEAD) ? Map.of() : Map.of(HEAD + ".weight", storedHead + ".weight");
  }

  /**
   * The head of a task: the language model's, or {@code score} on the last position, whose new
   * weights have its deviation.
   */
  public static HeadPart head(TaskHead task, HeadPart.Language head) {
    return task.labels()
        .<HeadPart>map(
            labels ->
                new HeadPart.Sequence(
                    HeadPart.Position.LAST,
                    List.of(),
                    HeadPart.output(
                        "score", head.inputs(), labels.size(), false, head.linear().deviation()),
                    labels,
                    task.problem()))
        .orElse(head);
  }
}
