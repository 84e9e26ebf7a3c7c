package org.peft4j.lora.lycoris;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.peft4j.config.Bias;
import org.peft4j.config.CommonConfig;
import org.peft4j.config.ConfigReader;
import org.peft4j.config.ConfigWriter;
import org.peft4j.lora.common.Ranks;

/**
 * The fields that the configs of LoHa and LoKr share.
 *
 * @param ranks r, α and their patterns
 * @param rankDropout probability that a row of ΔW is zeroed in training; in [0, 1)
 * @param moduleDropout probability that an adapter is left out of a training pass; in [0, 1)
 * @param effectiveConvolution whether kernels larger than 1 have a core of their own, so that the
 *     factors are of channels only (Hyeon-Woo et al. 2022, proposition 3)
 */
public record LycorisFields(
    Ranks ranks, double rankDropout, double moduleDropout, boolean effectiveConvolution) {
  /** What is wrong with them, a sentence each. */
  public List<String> problems() {
    List<String> problems = ranks.problems("alpha");
    Ranks.checkDropout("rank_dropout", rankDropout, problems);
    Ranks.checkDropout("module_dropout", moduleDropout, problems);
    return problems;
  }

  /** Reads them. */
  public static LycorisFields read(ConfigReader json) {
    return new LycorisFields(
        Ranks.read(json, "alpha"),
        json.number("rank_dropout", 0),
        json.number("module_dropout", 0),
        json.bool("use_effective_conv2d", false));
  }

  /** A config with them and the common fields; {@code bias}, which PEFT has not, if one trains. */
  public ObjectNode write(String peftType, String prefix, CommonConfig common) {
    ObjectNode json = ConfigWriter.common(peftType, prefix, common);
    if (common.bias() == Bias.NONE) {
      json.remove("bias");
    }
    ranks.write(json, "alpha");
    json.put("rank_dropout", rankDropout);
    json.put("module_dropout", moduleDropout);
    json.put("use_effective_conv2d", effectiveConvolution);
    return json;
  }
}
