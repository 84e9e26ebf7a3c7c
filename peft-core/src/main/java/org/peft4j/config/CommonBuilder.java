package org.peft4j.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The setters of every method's builder.
 *
 * @param <B> the builder's own class
 */
public abstract class CommonBuilder<B extends CommonBuilder<B>> {
  private Optional<String> taskType = Optional.empty();
  private Optional<String> baseModel = Optional.empty();
  private Optional<String> revision = Optional.empty();
  private Optional<ModuleSelector> targetModules = Optional.empty();
  private Optional<ModuleSelector> excludeModules = Optional.empty();
  private List<String> modulesToSave = List.of();
  private List<Integer> layersToTransform = List.of();
  private List<String> layersPattern = List.of();
  private Bias bias = Bias.NONE;
  private Map<String, JsonNode> unknown = Map.of();

  protected abstract B self();

  /**
   * The config.
   *
   * @throws org.peft4j.error.PeftException listing all problems
   */
  public abstract PeftConfig build();

  protected final CommonConfig common() {
    return new CommonConfig(
        taskType,
        baseModel,
        revision,
        targetModules,
        excludeModules,
        modulesToSave,
        layersToTransform,
        layersPattern,
        bias,
        unknown);
  }

  /** All the fields at once. */
  public final B common(CommonConfig value) {
    taskType = value.taskType();
    baseModel = value.baseModel();
    revision = value.revision();
    targetModules = value.targetModules();
    excludeModules = value.excludeModules();
    modulesToSave = value.modulesToSave();
    layersToTransform = value.layersToTransform();
    layersPattern = value.layersPattern();
    bias = value.bias();
    unknown = value.unknown();
    return self();
  }

  final void unknown(Map<String, JsonNode> value) {
    unknown = value;
  }

  /**
   * The target modules, by name or by the end of their path: {@code q_proj}. Or one word alone,
   * {@code all-linear} or {@code all-adaptable}.
   */
  public final B targetModules(String... names) {
    Optional<ModuleSelector> word =
        names.length == 1 ? ModuleSelector.word(names[0]) : Optional.empty();
    return target(word.orElseGet(() -> new ModuleSelector.Names(List.of(names))));
  }

  /** The target modules, by a regular expression over whole module paths. */
  public final B targetRegex(String pattern) {
    return target(new ModuleSelector.Regex(pattern));
  }

  /** Targets every linear map but the output head. */
  public final B targetAllLinear() {
    return target(new ModuleSelector.AllLinear());
  }

  /**
   * Targets everything that the method can adapt, heads, embeddings and convolutions too. A saved
   * adapter lists the modules.
   */
  public final B targetAllAdaptable() {
    return target(new ModuleSelector.Every());
  }

  /** The target modules. */
  public final B target(ModuleSelector selector) {
    targetModules = Optional.of(selector);
    return self();
  }

  /** Modules to leave out, by name. */
  public final B excludeModules(String... names) {
    return exclude(new ModuleSelector.Names(List.of(names)));
  }

  /** Modules to leave out, by a regular expression over whole module paths. */
  public final B excludeRegex(String pattern) {
    return exclude(new ModuleSelector.Regex(pattern));
  }

  /** Modules to leave out. */
  public final B exclude(ModuleSelector selector) {
    excludeModules = Optional.of(selector);
    return self();
  }

  /** Which biases train; {@link Bias#NONE} by default. */
  public final B bias(Bias value) {
    bias = value;
    return self();
  }

  /** Modules that train as a full copy. */
  public final B modulesToSave(String... names) {
    modulesToSave = List.of(names);
    return self();
  }

  /** The layers with targets, by index from 0; all by default. */
  public final B layersToTransform(Integer... layers) {
    layersToTransform = Arrays.asList(layers);
    return self();
  }

  /** The names of the containers of {@link #layersToTransform}, such as {@code layers}. */
  public final B layersPattern(String... names) {
    // Python writes an empty text for none.
    layersPattern = Arrays.stream(names).filter(name -> !name.isEmpty()).toList();
    return self();
  }

  /** The task, such as {@code CAUSAL_LM}; written to the config file. */
  public final B taskType(String task) {
    taskType = Optional.of(task);
    return self();
  }

  /** The base model's name; written to the config file, never opened. */
  public final B baseModel(String name) {
    baseModel = Optional.of(name);
    return self();
  }

  /** The base model's revision; written to the config file. */
  public final B revision(String name) {
    revision = Optional.of(name);
    return self();
  }
}
