package org.peft4j.lora.deltalora;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.config.CommonConfig;
import org.peft4j.config.ConfigFields;
import org.peft4j.config.FieldType;
import org.peft4j.config.PeftConfig;
import org.peft4j.lora.common.RankBuilder;
import org.peft4j.lora.common.Ranks;

/**
 * The config of Delta-LoRA. Hugging Face PEFT does not have the method; the fields follow its
 * naming. As in the paper there is no dropout, with which W would follow unused products; W follows
 * from the first step.
 *
 * @param common the fields of every method
 * @param ranks r, α and their patterns; s = α/r
 * @param ratio λ: how far W follows; at least 0, which means LoRA
 */
public record DeltaLoraConfig(CommonConfig common, Ranks ranks, double ratio)
    implements PeftConfig {
  /** The name in {@code peft_type}. */
  public static final String PEFT_TYPE = "DELTA_LORA";

  static final FieldType<Double> RATIO =
      FieldType.NUMBER.within("a finite number, 0 and up", v -> v >= 0 && Double.isFinite(v));

  /**
   * Checks every field.
   *
   * @throws org.peft4j.error.PeftException listing all problems
   */
  public DeltaLoraConfig {
    List<String> problems = new ArrayList<>(common.problems());
    problems.addAll(ranks.problems("lora_alpha"));
    RATIO.check("delta_lambda", ratio, problems);
    CommonConfig.require("Delta-LoRA config", problems);
  }

  @Override
  public String peftType() {
    return PEFT_TYPE;
  }

  @Override
  public Builder toBuilder() {
    return builder().common(common).ranks(ranks).ratio(ratio);
  }

  /** Its fields in {@code adapter_config.json}: names, ranges, defaults and help. */
  public static ConfigFields<DeltaLoraConfig, Builder> jsonFields() {
    return DeltaLoraFields.ALL;
  }

  /** A builder with the defaults: r 8, alpha 8, λ 0.5. */
  public static Builder builder() {
    return new Builder();
  }

  /** Builds a {@link DeltaLoraConfig}. */
  public static final class Builder extends RankBuilder<Builder> {
    private double ratio = 0.5;

    private Builder() {}

    @Override
    protected Builder self() {
      return this;
    }

    /** λ, how far W follows, 0 and up; 0.5 by default. */
    public Builder ratio(double value) {
      ratio = value;
      return this;
    }

    @Override
    public DeltaLoraConfig build() {
      return new DeltaLoraConfig(common(), ranks(), ratio);
    }
  }
}
