package org.peft4j.lora.lokr;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.config.CommonConfig;
import org.peft4j.config.ConfigFields;
import org.peft4j.config.FieldType;
import org.peft4j.config.PeftConfig;
import org.peft4j.lora.lycoris.LycorisBuilder;
import org.peft4j.lora.lycoris.LycorisFields;

/**
 * The config of LoKr, with Hugging Face PEFT's fields and defaults.
 *
 * @param common the fields of every method
 * @param fields r, α and dropout
 * @param decomposeBoth whether w1 may be of low rank too
 * @param decomposeFactor the target size of each dimension's smaller part; −1 for its root
 * @param rankDropoutScale whether to divide the rows that dropout keeps by their share
 * @param init the first values of the factors
 */
public record LoKrConfig(
    CommonConfig common,
    LycorisFields fields,
    boolean decomposeBoth,
    int decomposeFactor,
    boolean rankDropoutScale,
    LoKrInit init)
    implements PeftConfig {
  /** The name in {@code peft_type}. */
  public static final String PEFT_TYPE = "LOKR";

  static final FieldType<Integer> FACTOR =
      FieldType.INTEGER.within("-1, or 1 and up", value -> value >= 1 || value == -1);

  /**
   * Checks every field.
   *
   * @throws org.peft4j.error.PeftException listing all problems
   */
  public LoKrConfig {
    List<String> problems = new ArrayList<>(common.problems());
    problems.addAll(fields.problems());
    FACTOR.check("decompose_factor", decomposeFactor, problems);
    CommonConfig.require("LoKr config", problems);
  }

  @Override
  public String peftType() {
    return PEFT_TYPE;
  }

  @Override
  public Builder toBuilder() {
    return builder()
        .common(common)
        .fields(fields)
        .decomposeBoth(decomposeBoth)
        .decomposeFactor(decomposeFactor)
        .rankDropoutScale(rankDropoutScale)
        .init(init);
  }

  /** Its fields in {@code adapter_config.json}: names, ranges, defaults and help. */
  public static ConfigFields<LoKrConfig, Builder> jsonFields() {
    return LoKrFields.ALL;
  }

  /** A builder with the defaults: r 8, alpha 8, no dropout, factors near the roots. */
  public static Builder builder() {
    return new Builder();
  }

  /** Builds a {@link LoKrConfig}. */
  public static final class Builder extends LycorisBuilder<Builder> {
    private boolean decomposeBoth;
    private int decomposeFactor = -1;
    private boolean rankDropoutScale;
    private LoKrInit init = LoKrInit.STANDARD;

    private Builder() {}

    @Override
    protected Builder self() {
      return this;
    }

    /** Whether w1 may be of low rank too. */
    public Builder decomposeBoth(boolean value) {
      decomposeBoth = value;
      return this;
    }

    /** The target size of each dimension's smaller part; −1, its root, by default. */
    public Builder decomposeFactor(int value) {
      decomposeFactor = value;
      return this;
    }

    /** Whether to divide the rows that dropout keeps by their share. */
    public Builder rankDropoutScale(boolean value) {
      rankDropoutScale = value;
      return this;
    }

    /** The first values of the factors. */
    public Builder init(LoKrInit value) {
      init = value;
      return this;
    }

    @Override
    public LoKrConfig build() {
      return new LoKrConfig(
          common(), fields(), decomposeBoth, decomposeFactor, rankDropoutScale, init);
    }
  }
}
