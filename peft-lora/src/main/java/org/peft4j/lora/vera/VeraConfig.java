package org.peft4j.lora.vera;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.config.CommonBuilder;
import org.peft4j.config.CommonConfig;
import org.peft4j.config.ConfigFields;
import org.peft4j.config.FieldType;
import org.peft4j.config.PeftConfig;

/**
 * The config of VeRA, with Hugging Face PEFT's fields and defaults.
 *
 * @param common the fields of every method
 * @param rank r, the rows of A and columns of B; at least 1
 * @param projectionKey the seed of A and B; not negative
 * @param saveProjection whether the adapter file contains A and B, which the seed also determines
 * @param dropout probability that an input of A is zeroed in training; in [0, 1)
 * @param dInitial the first value of λ_d
 * @param fanInFanOut kept for Hugging Face PEFT, which needs it for GPT-2; no effect here
 * @param init whether ΔW starts at zero; false, for tests, starts λ_b at 1 and λ_d normal
 */
public record VeraConfig(
    CommonConfig common,
    int rank,
    int projectionKey,
    boolean saveProjection,
    double dropout,
    double dInitial,
    boolean fanInFanOut,
    boolean init)
    implements PeftConfig {
  /** The name in {@code peft_type}. */
  public static final String PEFT_TYPE = "VERA";

  static final FieldType<Integer> KEY = FieldType.atLeast(0);
  static final FieldType<Double> D_INITIAL =
      FieldType.NUMBER.within("a finite number that is not 0", v -> Double.isFinite(v) && v != 0);

  /**
   * Checks every field.
   *
   * @throws org.peft4j.error.PeftException listing all problems
   */
  public VeraConfig {
    List<String> problems = new ArrayList<>(common.problems());
    FieldType.RANK.check("r", rank, problems);
    KEY.check("projection_prng_key", projectionKey, problems);
    FieldType.DROPOUT.check("vera_dropout", dropout, problems);
    D_INITIAL.check("d_initial", dInitial, problems);
    CommonConfig.require("VeRA config", problems);
  }

  @Override
  public String peftType() {
    return PEFT_TYPE;
  }

  @Override
  public Builder toBuilder() {
    return builder()
        .common(common)
        .rank(rank)
        .projectionKey(projectionKey)
        .saveProjection(saveProjection)
        .dropout(dropout)
        .dInitial(dInitial)
        .fanInFanOut(fanInFanOut)
        .init(init);
  }

  /** Its fields in {@code adapter_config.json}: names, ranges, defaults and help. */
  public static ConfigFields<VeraConfig, Builder> jsonFields() {
    return VeraFields.ALL;
  }

  /** A builder with the defaults: r 256, key 0, projections saved, no dropout, λ_d 0.1. */
  public static Builder builder() {
    return new Builder();
  }

  /** Builds a {@link VeraConfig}. */
  public static final class Builder extends CommonBuilder<Builder> {
    private int rank = 256;
    private int projectionKey;
    private boolean saveProjection = true;
    private double dropout;
    private double dInitial = 0.1;
    private boolean fanInFanOut;
    private boolean init = true;

    private Builder() {}

    @Override
    protected Builder self() {
      return this;
    }

    /** r, at least 1; 256 by default. */
    public Builder rank(int value) {
      rank = value;
      return this;
    }

    /** The seed of A and B; 0 by default. */
    public Builder projectionKey(int value) {
      projectionKey = value;
      return this;
    }

    /** Whether the adapter file contains A and B; true by default. */
    public Builder saveProjection(boolean value) {
      saveProjection = value;
      return this;
    }

    /** The probability that an input of A is zeroed in training, in [0, 1); 0 by default. */
    public Builder dropout(double value) {
      dropout = value;
      return this;
    }

    /** The first value of λ_d; 0.1 by default. */
    public Builder dInitial(double value) {
      dInitial = value;
      return this;
    }

    /** Kept for Hugging Face PEFT. */
    public Builder fanInFanOut(boolean value) {
      fanInFanOut = value;
      return this;
    }

    /** Whether ΔW starts at zero. */
    public Builder init(boolean value) {
      init = value;
      return this;
    }

    @Override
    public VeraConfig build() {
      return new VeraConfig(
          common(), rank, projectionKey, saveProjection, dropout, dInitial, fanInFanOut, init);
    }
  }
}
