package org.peft4j.lora.vera;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.config.CommonBuilder;
import org.peft4j.config.CommonConfig;
import org.peft4j.config.PeftConfig;
import org.peft4j.lora.common.Ranks;

/**
 * The config of VeRA, with Hugging Face PEFT's fields and defaults.
 *
 * @param common target modules, biases and the other fields that every method has
 * @param rank r, the rows of A and columns of B; at least 1
 * @param projectionKey the seed of A and B; not negative
 * @param saveProjection whether A and B are in the adapter file; they follow from the seed anyway
 * @param dropout probability that an input of A is zeroed in training; in [0, 1)
 * @param dInitial what λ_d begins with
 * @param fanInFanOut kept for Hugging Face PEFT, which needs it for GPT-2; it changes nothing here
 * @param init whether ΔW begins at zero; false, for tests, starts λ_b at 1 and λ_d normal
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

  private static final int MAX_RANK = 1 << 20;

  /**
   * Checks every field.
   *
   * @throws org.peft4j.error.PeftException with all that is wrong
   */
  public VeraConfig {
    List<String> problems = new ArrayList<>(common.problems());
    if (rank < 1 || rank > MAX_RANK) {
      problems.add("r is " + rank + "; allowed: 1 to " + MAX_RANK + ".");
    }
    if (projectionKey < 0) {
      problems.add("projection_prng_key is " + projectionKey + "; allowed: 0 and up.");
    }
    Ranks.checkDropout("vera_dropout", dropout, problems);
    if (!Double.isFinite(dInitial) || dInitial == 0) {
      problems.add("d_initial is " + dInitial + "; allowed: a finite number that is not 0.");
    }
    CommonConfig.require("VeRA config", problems);
  }

  @Override
  public String peftType() {
    return PEFT_TYPE;
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

    /** r, at least 1; 256 unless set. */
    public Builder rank(int value) {
      rank = value;
      return this;
    }

    /** The seed of A and B; 0 unless set. */
    public Builder projectionKey(int value) {
      projectionKey = value;
      return this;
    }

    /** Whether A and B are in the adapter file; they are unless set. */
    public Builder saveProjection(boolean value) {
      saveProjection = value;
      return this;
    }

    /** The probability that an input of A is zeroed in training, in [0, 1); 0 unless set. */
    public Builder dropout(double value) {
      dropout = value;
      return this;
    }

    /** What λ_d begins with; 0.1 unless set. */
    public Builder dInitial(double value) {
      dInitial = value;
      return this;
    }

    /** Kept for Hugging Face PEFT. */
    public Builder fanInFanOut(boolean value) {
      fanInFanOut = value;
      return this;
    }

    /** Whether ΔW begins at zero. */
    public Builder init(boolean value) {
      init = value;
      return this;
    }

    /**
     * The config.
     *
     * @throws org.peft4j.error.PeftException with all that is wrong
     */
    public VeraConfig build() {
      return new VeraConfig(
          common(), rank, projectionKey, saveProjection, dropout, dInitial, fanInFanOut, init);
    }
  }
}
