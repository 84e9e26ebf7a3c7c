package org.peft4j.config;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The setters that the builders of all methods have.
 *
 * @param <B> the builder's own class
 */
public abstract class CommonBuilder<B extends CommonBuilder<B>> {
  private CommonConfig common = CommonConfig.DEFAULT;

  protected abstract B self();

  protected final CommonConfig common() {
    return common;
  }

  /** All the fields at once. */
  public final B common(CommonConfig value) {
    common = value;
    return self();
  }

  /**
   * Where to graft: names as they end module paths, {@code q_proj}; or {@code all-linear} alone.
   */
  public final B targetModules(String... names) {
    boolean allLinear = names.length == 1 && names[0].equals(ModuleSelector.ALL_LINEAR);
    return allLinear ? targetAllLinear() : target(new ModuleSelector.Names(List.of(names)));
  }

  /** Where to graft: a regular expression over whole module paths. */
  public final B targetRegex(String pattern) {
    return target(new ModuleSelector.Regex(pattern));
  }

  /** Grafts on every linear map but the output head. */
  public final B targetAllLinear() {
    return target(new ModuleSelector.AllLinear());
  }

  /** Where to graft. */
  public final B target(ModuleSelector selector) {
    return common(with(Optional.of(selector), common.excludeModules(), common.bias()));
  }

  /** Where not to graft, by name. */
  public final B excludeModules(String... names) {
    return common(
        with(
            common.targetModules(),
            Optional.of(new ModuleSelector.Names(List.of(names))),
            common.bias()));
  }

  /** Where not to graft, by a regular expression over whole module paths. */
  public final B excludeRegex(String pattern) {
    return common(
        with(
            common.targetModules(), Optional.of(new ModuleSelector.Regex(pattern)), common.bias()));
  }

  /** Which biases train; {@link Bias#NONE} unless set. */
  public final B bias(Bias bias) {
    return common(with(common.targetModules(), common.excludeModules(), bias));
  }

  /** Modules that train as a full copy. */
  public final B modulesToSave(String... names) {
    CommonConfig c = common;
    return common(
        new CommonConfig(
            c.taskType(),
            c.baseModel(),
            c.revision(),
            c.targetModules(),
            c.excludeModules(),
            List.of(names),
            c.layersToTransform(),
            c.layersPattern(),
            c.bias(),
            c.unknown()));
  }

  /** The layers to graft on, by index from 0; all unless set. */
  public final B layersToTransform(Integer... layers) {
    return layers(Arrays.asList(layers), common.layersPattern());
  }

  /** The names of the containers whose indices {@link #layersToTransform} means: {@code layers}. */
  public final B layersPattern(String... names) {
    return layers(common.layersToTransform(), List.of(names));
  }

  /** The task, {@code CAUSAL_LM} say; written to the config file. */
  public final B taskType(String task) {
    return describe(Optional.of(task), common.baseModel());
  }

  /** The base model's name; written to the config file, never followed. */
  public final B baseModel(String name) {
    return describe(common.taskType(), Optional.of(name));
  }

  private B layers(List<Integer> layers, List<String> pattern) {
    CommonConfig c = common;
    return common(
        new CommonConfig(
            c.taskType(),
            c.baseModel(),
            c.revision(),
            c.targetModules(),
            c.excludeModules(),
            c.modulesToSave(),
            layers,
            pattern,
            c.bias(),
            c.unknown()));
  }

  private B describe(Optional<String> task, Optional<String> baseModel) {
    CommonConfig c = common;
    return common(
        new CommonConfig(
            task,
            baseModel,
            c.revision(),
            c.targetModules(),
            c.excludeModules(),
            c.modulesToSave(),
            c.layersToTransform(),
            c.layersPattern(),
            c.bias(),
            c.unknown()));
  }

  private CommonConfig with(
      Optional<ModuleSelector> target, Optional<ModuleSelector> exclude, Bias bias) {
    CommonConfig c = common;
    return new CommonConfig(
        c.taskType(),
        c.baseModel(),
        c.revision(),
        target,
        exclude,
        c.modulesToSave(),
        c.layersToTransform(),
        c.layersPattern(),
        bias,
        Map.copyOf(c.unknown()));
  }
}
