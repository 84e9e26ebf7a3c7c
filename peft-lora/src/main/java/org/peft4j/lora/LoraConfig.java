package org.peft4j.lora;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.peft4j.config.CommonBuilder;
import org.peft4j.config.CommonConfig;
import org.peft4j.config.PeftConfig;
import org.peft4j.token.TokenTuningConfig;

/**
 * The config of LoRA, and of its variant DoRA, with Hugging Face PEFT's fields and defaults.
 *
 * @param common target modules, biases and the other fields that every method has
 * @param rank r, the rank of B·A; at least 1
 * @param alpha α: the adapter's part is scaled by α/r, or α/√r with {@code rslora}; above 0
 * @param dropout probability that an input of A is zeroed in training; in [0, 1)
 * @param rankPattern ranks by module path; the first key that matches counts
 * @param alphaPattern alphas by module path; the first key that matches counts
 * @param rslora whether to scale by α/√r (rank-stabilised LoRA, Kalajdzievski 2023)
 * @param loraBias whether B has a bias
 * @param dora whether the norms of the weight's rows train apart from their directions (DoRA, Liu
 *     et al. 2024)
 * @param init how A and B begin
 * @param tokenIndices rows of embeddings that train too: token ids by the embedding's name, which
 *     is empty for the model's token embedding
 * @param fanInFanOut kept for Hugging Face PEFT, which needs it for GPT-2; it changes nothing here
 */
public record LoraConfig(
    CommonConfig common,
    int rank,
    double alpha,
    double dropout,
    Map<String, Integer> rankPattern,
    Map<String, Double> alphaPattern,
    boolean rslora,
    boolean loraBias,
    boolean dora,
    LoraInit init,
    Map<String, List<Integer>> tokenIndices,
    boolean fanInFanOut)
    implements PeftConfig {
  /** The name in {@code peft_type}. */
  public static final String PEFT_TYPE = "LORA";

  private static final int MAX_RANK = 1 << 20;

  /**
   * Checks every field.
   *
   * @throws org.peft4j.error.PeftException with all that is wrong
   */
  public LoraConfig {
    rankPattern = Collections.unmodifiableMap(new LinkedHashMap<>(rankPattern));
    alphaPattern = Collections.unmodifiableMap(new LinkedHashMap<>(alphaPattern));
    tokenIndices = Collections.unmodifiableMap(new LinkedHashMap<>(tokenIndices));
    List<String> problems = new ArrayList<>(common.problems());
    tokenIndices
        .values()
        .forEach(
            ids -> problems.addAll(TokenTuningConfig.problems("trainable_token_indices", ids)));
    checkRank("r", rank, problems);
    checkAlpha("lora_alpha", alpha, problems);
    if (!(dropout >= 0 && dropout < 1)) {
      problems.add("lora_dropout is " + dropout + "; allowed: 0 up to, not including, 1.");
    }
    rankPattern.forEach((key, value) -> checkRank("rank_pattern \"" + key + "\"", value, problems));
    alphaPattern.forEach(
        (key, value) -> checkAlpha("alpha_pattern \"" + key + "\"", value, problems));
    if (loraBias && init != LoraInit.STANDARD && init != LoraInit.RANDOM) {
      problems.add(
          "lora_bias goes with init_lora_weights true or false, not with " + init.json() + ".");
    }
    if (init == LoraInit.ORTHOGONAL) {
      checkEven("r", rank, problems);
      rankPattern.forEach((key, r) -> checkEven("rank_pattern \"" + key + "\"", r, problems));
    }
    if (loraBias && dora) {
      problems.add("lora_bias does not go with use_dora; set one of them to false.");
    }
    CommonConfig.require("LoRA config", problems);
  }

  private static void checkRank(String field, int value, List<String> problems) {
    if (value < 1 || value > MAX_RANK) {
      problems.add(field + " is " + value + "; allowed: 1 to " + MAX_RANK + ".");
    }
  }

  private static void checkEven(String field, int value, List<String> problems) {
    if (value % 2 != 0) {
      problems.add(field + " is " + value + "; init_lora_weights orthogonal needs even ranks.");
    }
  }

  private static void checkAlpha(String field, double value, List<String> problems) {
    if (!(value > 0 && Double.isFinite(value))) {
      problems.add(field + " is " + value + "; allowed: a finite number above 0.");
    }
  }

  @Override
  public String peftType() {
    return PEFT_TYPE;
  }

  /** A builder with the defaults: r 8, alpha 8, no dropout. */
  public static Builder builder() {
    return new Builder();
  }

  /** Builds a {@link LoraConfig}. */
  public static final class Builder extends CommonBuilder<Builder> {
    private int rank = 8;
    private double alpha = 8;
    private double dropout;
    private final Map<String, Integer> rankPattern = new LinkedHashMap<>();
    private final Map<String, Double> alphaPattern = new LinkedHashMap<>();
    private boolean rslora;
    private boolean loraBias;
    private boolean dora;
    private LoraInit init = LoraInit.STANDARD;
    private final Map<String, List<Integer>> tokenIndices = new LinkedHashMap<>();
    private boolean fanInFanOut;

    private Builder() {}

    @Override
    protected Builder self() {
      return this;
    }

    /** r, at least 1; 8 unless set. */
    public Builder rank(int value) {
      rank = value;
      return this;
    }

    /** α, above 0; 8 unless set. */
    public Builder alpha(double value) {
      alpha = value;
      return this;
    }

    /** The probability that an input of A is zeroed in training, in [0, 1); 0 unless set. */
    public Builder dropout(double value) {
      dropout = value;
      return this;
    }

    /** Another rank for modules whose path is {@code pattern} or ends with a dot and it. */
    public Builder rankPattern(String pattern, int value) {
      rankPattern.put(pattern, value);
      return this;
    }

    /** Another alpha for modules whose path is {@code pattern} or ends with a dot and it. */
    public Builder alphaPattern(String pattern, double value) {
      alphaPattern.put(pattern, value);
      return this;
    }

    /** Whether to scale by α/√r. */
    public Builder rslora(boolean value) {
      rslora = value;
      return this;
    }

    /** Whether B has a bias. */
    public Builder loraBias(boolean value) {
      loraBias = value;
      return this;
    }

    /** Whether the norms of the weight's rows train apart from their directions. */
    public Builder dora(boolean value) {
      dora = value;
      return this;
    }

    /** How A and B begin. */
    public Builder init(LoraInit value) {
      init = value;
      return this;
    }

    /** Tokens whose rows of the model's token embedding train too. */
    public Builder trainableTokens(Integer... ids) {
      tokenIndices.put("", List.of(ids));
      return this;
    }

    /** Kept for Hugging Face PEFT. */
    public Builder fanInFanOut(boolean value) {
      fanInFanOut = value;
      return this;
    }

    /**
     * The config.
     *
     * @throws org.peft4j.error.PeftException with all that is wrong
     */
    public LoraConfig build() {
      return new LoraConfig(
          common(),
          rank,
          alpha,
          dropout,
          rankPattern,
          alphaPattern,
          rslora,
          loraBias,
          dora,
          init,
          tokenIndices,
          fanInFanOut);
    }
  }
}
