package org.peft4j.config;

import static org.peft4j.internal.Quoted.quoted;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.peft4j.error.PeftException;

/**
 * The fields of every method's config.
 *
 * @param taskType {@code CAUSAL_LM} and the like; it changes nothing but {@code modulesToSave}
 * @param baseModel the name or path of the base model: for information, never opened
 * @param revision the base model's revision: for information
 * @param targetModules the target modules; empty for the model type's default
 * @param excludeModules modules to leave out
 * @param modulesToSave modules that train as a full copy; for {@code SEQ_CLS} and {@code TOKEN_CLS}
 *     the heads that classifiers have, {@code classifier} and {@code score}, and for {@code
 *     QUESTION_ANS} {@code qa_outputs} are always among them, as in Hugging Face PEFT, and need not
 *     be in the model
 * @param layersToTransform indices of the layers with targets; empty for all
 * @param layersPattern names of the containers of these layers; empty for any
 * @param bias which biases train
 * @param unknown fields of a file that this library does not know: kept and written back
 */
public record CommonConfig(
    Optional<String> taskType,
    Optional<String> baseModel,
    Optional<String> revision,
    Optional<ModuleSelector> targetModules,
    Optional<ModuleSelector> excludeModules,
    List<String> modulesToSave,
    List<Integer> layersToTransform,
    List<String> layersPattern,
    Bias bias,
    Map<String, JsonNode> unknown) {
  static final List<String> TASKS =
      List.of(
          "SEQ_CLS",
          "SEQ_2_SEQ_LM",
          "CAUSAL_LM",
          "TOKEN_CLS",
          "QUESTION_ANS",
          "FEATURE_EXTRACTION");

  private static final Map<String, List<String>> TASK_HEADS =
      Map.of(
          "SEQ_CLS", List.of("classifier", "score"),
          "TOKEN_CLS", List.of("classifier", "score"),
          "QUESTION_ANS", List.of("qa_outputs"));

  /** No field set: default targets, no bias. */
  public static final CommonConfig DEFAULT =
      new CommonConfig(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          List.of(),
          List.of(),
          List.of(),
          Bias.NONE,
          Map.of());

  public CommonConfig {
    modulesToSave =
        Stream.concat(modulesToSave.stream(), heads(taskType).stream()).distinct().toList();
    layersToTransform = List.copyOf(layersToTransform);
    layersPattern = List.copyOf(layersPattern);
    unknown = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(unknown));
  }

  private static List<String> heads(Optional<String> taskType) {
    return taskType.map(task -> TASK_HEADS.getOrDefault(task, List.of())).orElse(List.of());
  }

  /** The names in {@code modulesToSave} that come from the task. A model may lack them. */
  public List<String> taskHeads() {
    return heads(taskType);
  }

  /**
   * The modules that train as a full copy whenever a config has that task, if the model has them.
   */
  public static List<String> headsOf(String taskType) {
    return heads(Optional.of(taskType));
  }

  /** Only the task and the base model's name and revision. */
  public CommonConfig description() {
    return new CommonConfig(
        taskType,
        baseModel,
        revision,
        Optional.empty(),
        Optional.empty(),
        List.of(),
        List.of(),
        List.of(),
        Bias.NONE,
        Map.of());
  }

  /** The problems of this config, one sentence each. */
  public List<String> problems() {
    List<String> problems = new ArrayList<>();
    taskType
        .filter(task -> !TASKS.contains(task))
        .ifPresent(
            task ->
                problems.add("task_type is " + quoted(task) + "; allowed: " + TASKS + " or none."));
    boolean names = targetModules.map(s -> s instanceof ModuleSelector.Names).orElse(true);
    if (!names && !layersToTransform.isEmpty()) {
      problems.add(
          "layers_to_transform goes with target_modules as a list of names, not as a pattern.");
    }
    if (!layersPattern.isEmpty() && layersToTransform.isEmpty()) {
      problems.add("layers_pattern needs layers_to_transform, which is absent.");
    }
    for (int layer : layersToTransform) {
      if (layer < 0) {
        problems.add("layers_to_transform has " + layer + "; allowed: 0 and up.");
      }
    }
    return problems;
  }

  /**
   * Throws one exception with all problems.
   *
   * @param what the config's name
   */
  public static void require(String what, List<String> problems) {
    if (!problems.isEmpty()) {
      throw new PeftException("Invalid " + what + ": " + String.join(" ", problems));
    }
  }
}
