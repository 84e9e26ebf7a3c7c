package org.peft4j.ia3;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.peft4j.config.CommonBuilder;
import org.peft4j.config.CommonConfig;
import org.peft4j.config.ModuleSelector;
import org.peft4j.config.PeftConfig;

/**
 * The config of (IA)³, with Hugging Face PEFT's fields and defaults.
 *
 * @param common the fields of every method, target modules included
 * @param feedforwardModules the targets whose input is scaled instead of their output; by default
 *     the model type's, or none if targets are named
 * @param initWeights whether the vectors start as ones and change nothing; otherwise they are drawn
 *     from N(0, 1), for tests
 * @param fanInFanOut kept for Hugging Face PEFT, which needs it for GPT-2; no effect here
 */
public record Ia3Config(
    CommonConfig common,
    Optional<ModuleSelector> feedforwardModules,
    boolean initWeights,
    boolean fanInFanOut)
    implements PeftConfig {
  /** The name in {@code peft_type}. */
  public static final String PEFT_TYPE = "IA3";

  /** A file's value for no module with a scaled input. */
  private static final ModuleSelector NONE = new ModuleSelector.Names(List.of());

  /**
   * Checks every field.
   *
   * @throws org.peft4j.error.PeftException listing all problems
   */
  public Ia3Config {
    List<String> problems = new ArrayList<>(common.problems());
    checkSubset(common.targetModules(), feedforwardModules, problems);
    CommonConfig.require("(IA)3 config", problems);
    if (common.targetModules().isPresent()) {
      feedforwardModules = feedforwardModules.filter(f -> !f.equals(NONE));
    }
  }

  private static void checkSubset(
      Optional<ModuleSelector> targets, Optional<ModuleSelector> inner, List<String> problems) {
    if (targets.orElse(null) instanceof ModuleSelector.Names all
        && inner.orElse(null) instanceof ModuleSelector.Names some
        && !all.names().containsAll(some.names())) {
      problems.add(
          "feedforward_modules is "
              + some.names()
              + "; allowed: names from target_modules, "
              + all.names()
              + ".");
    }
  }

  @Override
  public String peftType() {
    return PEFT_TYPE;
  }

  @Override
  public Builder toBuilder() {
    return builder()
        .common(common)
        .feedforward(feedforwardModules)
        .initWeights(initWeights)
        .fanInFanOut(fanInFanOut);
  }

  /** A builder with the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** Builds an {@link Ia3Config}. */
  public static final class Builder extends CommonBuilder<Builder> {
    private Optional<ModuleSelector> feedforwardModules = Optional.empty();
    private boolean initWeights = true;
    private boolean fanInFanOut;

    private Builder() {}

    @Override
    protected Builder self() {
      return this;
    }

    /** The targets whose input is scaled, by the ends of their paths. */
    public Builder feedforwardModules(String... names) {
      return feedforward(Optional.of(new ModuleSelector.Names(List.of(names))));
    }

    /** The targets whose input is scaled. */
    public Builder feedforward(Optional<ModuleSelector> selector) {
      feedforwardModules = selector;
      return this;
    }

    /** Whether the vectors start as ones; true by default. */
    public Builder initWeights(boolean value) {
      initWeights = value;
      return this;
    }

    /** Kept for Hugging Face PEFT. */
    public Builder fanInFanOut(boolean value) {
      fanInFanOut = value;
      return this;
    }

    @Override
    public Ia3Config build() {
      return new Ia3Config(common(), feedforwardModules, initWeights, fanInFanOut);
    }
  }
}
