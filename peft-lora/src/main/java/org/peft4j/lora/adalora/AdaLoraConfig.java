package org.peft4j.lora.adalora;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.peft4j.config.CommonBuilder;
import org.peft4j.config.CommonConfig;
import org.peft4j.config.ConfigFields;
import org.peft4j.config.FieldType;
import org.peft4j.config.PeftConfig;

/**
 * The config of AdaLoRA, with Hugging Face PEFT's fields and defaults.
 *
 * @param common the fields of every method
 * @param initR the initial rank of each target; at least 1
 * @param targetR the final mean rank; at least 1. If it is not below {@code initR}, no rank is
 *     removed
 * @param alpha α: the scale of the adapter's part is α/(initR + 1e-5), however many ranks remain; 0
 *     or less for {@code initR}
 * @param dropout probability that an input of A is zeroed in training; in [0, 1)
 * @param schedule when ranks are removed
 * @param beta1 the decay of the importances' running mean; above 0, below 1
 * @param beta2 the decay of their uncertainty; above 0, below 1
 * @param orthRegWeight the weight of the orthogonality term in the loss, the mean of ‖P·Pᵀ − I‖
 *     over all A and B; 0 and up
 * @param rankPattern the kept ranks, by {@code <module path>.lora_E}, a boolean for each initial
 *     rank; empty before the first allocation
 * @param initLoraWeights whether the adapter starts as no change; otherwise everything is random,
 *     for tests
 * @param ensureWeightTying whether modules that share the token embeddings follow their saved copy
 * @param fanInFanOut kept for Hugging Face PEFT, which needs it for GPT-2; no effect here
 */
public record AdaLoraConfig(
    CommonConfig common,
    int initR,
    int targetR,
    double alpha,
    double dropout,
    RankSchedule schedule,
    double beta1,
    double beta2,
    double orthRegWeight,
    Map<String, List<Boolean>> rankPattern,
    boolean initLoraWeights,
    boolean ensureWeightTying,
    boolean fanInFanOut)
    implements PeftConfig {
  /** The name in {@code peft_type}. */
  public static final String PEFT_TYPE = "ADALORA";

  static final FieldType<Double> ALPHA =
      FieldType.WHOLE_OR_NUMBER.within("a finite number", v -> Double.isFinite(v));
  static final FieldType<Double> BETA =
      FieldType.NUMBER.within("above 0, below 1", v -> v > 0 && v < 1);
  static final FieldType<Double> PENALTY =
      FieldType.NUMBER.within("0 and up, a finite number", v -> v >= 0 && Double.isFinite(v));

  /**
   * Checks every field.
   *
   * @throws org.peft4j.error.PeftException listing all problems
   */
  public AdaLoraConfig {
    Map<String, List<Boolean>> copy = new LinkedHashMap<>();
    rankPattern.forEach((key, kept) -> copy.put(key, List.copyOf(kept)));
    rankPattern = Collections.unmodifiableMap(copy);
    List<String> problems = new ArrayList<>(common.problems());
    FieldType.RANK.check("init_r", initR, problems);
    FieldType.RANK.check("target_r", targetR, problems);
    ALPHA.check("lora_alpha", alpha, problems);
    FieldType.DROPOUT.check("lora_dropout", dropout, problems);
    schedule.check(problems);
    BETA.check("beta1", beta1, problems);
    BETA.check("beta2", beta2, problems);
    PENALTY.check("orth_reg_weight", orthRegWeight, problems);
    for (Map.Entry<String, List<Boolean>> entry : rankPattern.entrySet()) {
      if (entry.getValue().size() != initR) {
        problems.add(
            "rank_pattern \""
                + entry.getKey()
                + "\" has "
                + entry.getValue().size()
                + " values; init_r is "
                + initR
                + ".");
      }
    }
    CommonConfig.require("AdaLoRA config", problems);
  }

  @Override
  public String peftType() {
    return PEFT_TYPE;
  }

  @Override
  public Builder toBuilder() {
    return builder()
        .common(common)
        .initR(initR)
        .targetR(targetR)
        .alpha(alpha)
        .dropout(dropout)
        .schedule(schedule)
        .beta1(beta1)
        .beta2(beta2)
        .orthRegWeight(orthRegWeight)
        .rankPattern(rankPattern)
        .initLoraWeights(initLoraWeights)
        .ensureWeightTying(ensureWeightTying)
        .fanInFanOut(fanInFanOut);
  }

  /** Its fields in {@code adapter_config.json}: names, ranges, defaults and help. */
  public static ConfigFields<AdaLoraConfig, Builder> jsonFields() {
    return AdaLoraFields.ALL;
  }

  /** A builder with the defaults; {@code totalStep} is required. */
  public static Builder builder() {
    return new Builder();
  }

  /** Builds an {@link AdaLoraConfig}. */
  public static final class Builder extends CommonBuilder<Builder> {
    private int initR = 12;
    private int targetR = 8;
    private double alpha = 8;
    private double dropout;
    private int tinit;
    private int tfinal;
    private int deltaT = 1;
    private int totalStep;
    private double beta1 = 0.85;
    private double beta2 = 0.85;
    private double orthRegWeight = 0.5;
    private Map<String, List<Boolean>> rankPattern = Map.of();
    private boolean initLoraWeights = true;
    private boolean ensureWeightTying;
    private boolean fanInFanOut;

    private Builder() {}

    @Override
    protected Builder self() {
      return this;
    }

    /** The initial rank of each target, at least 1; 12 by default. */
    public Builder initR(int value) {
      initR = value;
      return this;
    }

    /** The final mean rank, at least 1; 8 by default. */
    public Builder targetR(int value) {
      targetR = value;
      return this;
    }

    /** α; 8 by default. */
    public Builder alpha(double value) {
      alpha = value;
      return this;
    }

    /** The probability that an input of A is zeroed in training, in [0, 1); 0 by default. */
    public Builder dropout(double value) {
      dropout = value;
      return this;
    }

    /** Steps before ranks may be removed, 0 and up; 0 by default. */
    public Builder tinit(int value) {
      tinit = value;
      return this;
    }

    /** Steps at the end with unchanged ranks, 0 and up; 0 by default. */
    public Builder tfinal(int value) {
      tfinal = value;
      return this;
    }

    /** Steps between allocations, 1 and up; 1 by default. */
    public Builder deltaT(int value) {
      deltaT = value;
      return this;
    }

    /** The steps of the whole training, above {@code tinit + tfinal}. */
    public Builder totalStep(int value) {
      totalStep = value;
      return this;
    }

    /** When ranks are removed: all four settings at once. */
    public Builder schedule(RankSchedule value) {
      tinit = value.tinit();
      tfinal = value.tfinal();
      deltaT = value.deltaT();
      totalStep = value.totalStep();
      return this;
    }

    /** The decay of the importances' running mean, above 0, below 1; 0.85 by default. */
    public Builder beta1(double value) {
      beta1 = value;
      return this;
    }

    /** The decay of their uncertainty, above 0, below 1; 0.85 by default. */
    public Builder beta2(double value) {
      beta2 = value;
      return this;
    }

    /** The weight of the orthogonality term in the loss, 0 and up; 0.5 by default. */
    public Builder orthRegWeight(double value) {
      orthRegWeight = value;
      return this;
    }

    /** The ranks that an allocation kept, by the path of each target's E; empty by default. */
    public Builder rankPattern(Map<String, List<Boolean>> value) {
      rankPattern = value;
      return this;
    }

    /** Whether the adapter starts as no change; true by default. */
    public Builder initLoraWeights(boolean value) {
      initLoraWeights = value;
      return this;
    }

    /** Whether modules that share the token embeddings follow their saved copy. */
    public Builder ensureWeightTying(boolean value) {
      ensureWeightTying = value;
      return this;
    }

    /** Kept for Hugging Face PEFT. */
    public Builder fanInFanOut(boolean value) {
      fanInFanOut = value;
      return this;
    }

    @Override
    public AdaLoraConfig build() {
      return new AdaLoraConfig(
          common(),
          initR,
          targetR,
          alpha,
          dropout,
          new RankSchedule(tinit, tfinal, deltaT, totalStep),
          beta1,
          beta2,
          orthRegWeight,
          rankPattern,
          initLoraWeights,
          ensureWeightTying,
          fanInFanOut);
    }
  }
}
