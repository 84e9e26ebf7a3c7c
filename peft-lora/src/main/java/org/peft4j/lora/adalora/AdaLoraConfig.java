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
 * @param common target modules, biases and the other fields that every method has
 * @param initR the rank of each target at first; at least 1
 * @param targetR the mean rank in the end; at least 1. Nothing is taken away if it is not below
 *     {@code initR}
 * @param alpha α: the adapter's part is scaled by α/(initR + 1e-5), however many ranks are left; 0
 *     or less for {@code initR}
 * @param dropout probability that an input of A is zeroed in training; in [0, 1)
 * @param schedule when ranks are taken away
 * @param beta1 how slowly the mean of importances follows; above 0, below 1
 * @param beta2 how slowly its uncertainty follows; above 0, below 1
 * @param orthRegWeight the weight of the orthogonality of A and B in the loss: of the mean over all
 *     of them of ‖P·Pᵀ − I‖; 0 and up
 * @param rankPattern what was kept, by {@code <module path>.lora_E}, a boolean for each of the
 *     first ranks; empty before the first allocation
 * @param initLoraWeights whether the adapter begins as no change; else all is random, for tests
 * @param fanInFanOut kept for Hugging Face PEFT, which needs it for GPT-2; it changes nothing here
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
   * @throws org.peft4j.error.PeftException with all that is wrong
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
        .fanInFanOut(fanInFanOut);
  }

  /** Its fields in {@code adapter_config.json}: names, ranges, defaults and help. */
  public static ConfigFields<AdaLoraConfig, Builder> jsonFields() {
    return AdaLoraFields.ALL;
  }

  /** A builder with the defaults; {@code totalStep} must be set. */
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
    private boolean fanInFanOut;

    private Builder() {}

    @Override
    protected Builder self() {
      return this;
    }

    /** The rank of each target at first, at least 1; 12 unless set. */
    public Builder initR(int value) {
      initR = value;
      return this;
    }

    /** The mean rank in the end, at least 1; 8 unless set. */
    public Builder targetR(int value) {
      targetR = value;
      return this;
    }

    /** α; 8 unless set. */
    public Builder alpha(double value) {
      alpha = value;
      return this;
    }

    /** The probability that an input of A is zeroed in training, in [0, 1); 0 unless set. */
    public Builder dropout(double value) {
      dropout = value;
      return this;
    }

    /** Steps before the first rank is taken away, 0 and up; 0 unless set. */
    public Builder tinit(int value) {
      tinit = value;
      return this;
    }

    /** Steps at the end in which ranks stay as they are, 0 and up; 0 unless set. */
    public Builder tfinal(int value) {
      tfinal = value;
      return this;
    }

    /** Steps between allocations, 1 and up; 1 unless set. */
    public Builder deltaT(int value) {
      deltaT = value;
      return this;
    }

    /** The steps of the whole training, above {@code tinit + tfinal}. */
    public Builder totalStep(int value) {
      totalStep = value;
      return this;
    }

    /** When ranks are taken away: all four settings at once. */
    public Builder schedule(RankSchedule value) {
      tinit = value.tinit();
      tfinal = value.tfinal();
      deltaT = value.deltaT();
      totalStep = value.totalStep();
      return this;
    }

    /** How slowly the mean of importances follows, above 0, below 1; 0.85 unless set. */
    public Builder beta1(double value) {
      beta1 = value;
      return this;
    }

    /** How slowly its uncertainty follows, above 0, below 1; 0.85 unless set. */
    public Builder beta2(double value) {
      beta2 = value;
      return this;
    }

    /** The weight of the orthogonality of A and B in the loss, 0 and up; 0.5 unless set. */
    public Builder orthRegWeight(double value) {
      orthRegWeight = value;
      return this;
    }

    /** What an allocation kept, by the path of each target's E; nothing unless set. */
    public Builder rankPattern(Map<String, List<Boolean>> value) {
      rankPattern = value;
      return this;
    }

    /** Whether the adapter begins as no change; true unless set. */
    public Builder initLoraWeights(boolean value) {
      initLoraWeights = value;
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
          fanInFanOut);
    }
  }
}
