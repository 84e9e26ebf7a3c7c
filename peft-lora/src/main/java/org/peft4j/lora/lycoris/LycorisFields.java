package org.peft4j.lora.lycoris;

import java.util.List;
import java.util.function.Function;
import org.peft4j.config.ConfigFields;
import org.peft4j.config.FieldType;
import org.peft4j.config.PeftConfig;
import org.peft4j.lora.common.Ranks;

/**
 * The fields that the configs of LoHa and LoKr share.
 *
 * @param ranks r, α and their patterns
 * @param rankDropout probability that a row of ΔW is zeroed in training; in [0, 1)
 * @param moduleDropout probability that an adapter is left out of a training pass; in [0, 1)
 * @param effectiveConvolution whether kernels larger than 1 have their own core, so that the
 *     factors only cover channels (Hyeon-Woo et al. 2022, proposition 3)
 */
public record LycorisFields(
    Ranks ranks, double rankDropout, double moduleDropout, boolean effectiveConvolution) {
  /** Their problems, one sentence each. */
  public List<String> problems() {
    List<String> problems = ranks.problems("alpha");
    FieldType.DROPOUT.check("rank_dropout", rankDropout, problems);
    FieldType.DROPOUT.check("module_dropout", moduleDropout, problems);
    return problems;
  }

  /** Adds them to the fields of a config; Hugging Face PEFT has no {@code bias} for these. */
  public static <C extends PeftConfig, B extends LycorisBuilder<B>> ConfigFields<C, B> describe(
      ConfigFields<C, B> config, Function<C, LycorisFields> get) {
    return Ranks.describe(config, "alpha", c -> get.apply(c).ranks())
        .add(
            "rank_dropout",
            FieldType.DROPOUT,
            "Probability that a row of the weight's change is dropped in training.",
            c -> get.apply(c).rankDropout(),
            LycorisBuilder::rankDropout)
        .add(
            "module_dropout",
            FieldType.DROPOUT,
            "Probability that an adapter is left out of a training pass.",
            c -> get.apply(c).moduleDropout(),
            LycorisBuilder::moduleDropout)
        .add(
            "use_effective_conv2d",
            FieldType.BOOL,
            "Give kernels larger than 1 their own core.",
            c -> get.apply(c).effectiveConvolution(),
            LycorisBuilder::effectiveConvolution)
        .omit("bias");
  }
}
