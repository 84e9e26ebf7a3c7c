package org.peft4j.lora.mora;

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
import org.peft4j.lora.common.Ranks;

/**
 * The config of MoRA. Hugging Face PEFT does not have the method; the fields follow its naming.
 * There is no alpha, because M's result has no scale.
 *
 * @param common the fields of every method
 * @param rank r, the rank of a LoRA with about as many elements; at least 1
 * @param rankPattern ranks by module path; the first key that matches counts
 * @param type how to match sizes
 * @param dropout probability that an input is zeroed in training; in [0, 1)
 */
public record MoraConfig(
    CommonConfig common, int rank, Map<String, Integer> rankPattern, MoraType type, double dropout)
    implements PeftConfig {
  /** The name in {@code peft_type}. */
  public static final String PEFT_TYPE = "MORA";

  /**
   * Checks every field.
   *
   * @throws org.peft4j.error.PeftException listing all problems
   */
  public MoraConfig {
    rankPattern = Collections.unmodifiableMap(new LinkedHashMap<>(rankPattern));
    List<String> problems = new ArrayList<>(common.problems());
    problems.addAll(new Ranks(rank, 1, rankPattern, Map.of()).problems("alpha"));
    FieldType.DROPOUT.check("mora_dropout", dropout, problems);
    CommonConfig.require("MoRA config", problems);
  }

  @Override
  public String peftType() {
    return PEFT_TYPE;
  }

  @Override
  public Builder toBuilder() {
    Builder builder = builder().common(common).rank(rank).type(type).dropout(dropout);
    rankPattern.forEach(builder::rankPattern);
    return builder;
  }

  /** Its fields in {@code adapter_config.json}: names, ranges, defaults and help. */
  public static ConfigFields<MoraConfig, Builder> jsonFields() {
    return MoraFields.ALL;
  }

  /** A builder with the defaults: r 8, rotation, no dropout. */
  public static Builder builder() {
    return new Builder();
  }

  /** Builds a {@link MoraConfig}. */
  public static final class Builder extends CommonBuilder<Builder> {
    private int rank = 8;
    private final Map<String, Integer> rankPattern = new LinkedHashMap<>();
    private MoraType type = MoraType.ROTATION;
    private double dropout;

    private Builder() {}

    @Override
    protected Builder self() {
      return this;
    }

    /** r, the rank of a LoRA with about as many elements, at least 1; 8 by default. */
    public Builder rank(int value) {
      rank = value;
      return this;
    }

    /** Another rank for modules whose path is {@code pattern} or ends with a dot and it. */
    public Builder rankPattern(String pattern, int value) {
      rankPattern.put(pattern, value);
      return this;
    }

    /** How to match sizes; rotation by default. */
    public Builder type(MoraType value) {
      type = value;
      return this;
    }

    /** The probability that an input is zeroed in training, in [0, 1); 0 by default. */
    public Builder dropout(double value) {
      dropout = value;
      return this;
    }

    @Override
    public MoraConfig build() {
      return new MoraConfig(common(), rank, rankPattern, type, dropout);
    }
  }
}
