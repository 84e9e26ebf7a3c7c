package org.peft4j.lora;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.peft4j.config.CommonConfig;
import org.peft4j.config.FieldType;
import org.peft4j.config.PeftConfig;
import org.peft4j.lora.common.RankBuilder;
import org.peft4j.lora.common.Ranks;
import org.peft4j.token.TokenTuningConfig;

/**
 * The config of LoRA, and of its variant DoRA, with Hugging Face PEFT's fields and defaults.
 *
 * @param common the fields of every method
 * @param ranks r, the rank of B·A, and α: the scale of the adapter's part is α/r, or α/√r with
 *     {@code rslora}; patterns can change both by module path
 * @param dropout probability that an input of A is zeroed in training; in [0, 1)
 * @param rslora whether to scale by α/√r (rank-stabilised LoRA, Kalajdzievski 2023)
 * @param loraBias whether B has a bias
 * @param dora whether the norms of the weight's rows train apart from their directions (DoRA, Liu
 *     et al. 2024)
 * @param init the first values of A and B
 * @param tokenIndices rows of embeddings that train too: token ids by the embedding's name, which
 *     is empty for the model's token embedding
 * @param ensureWeightTying whether modules that share the token embeddings follow their adapter,
 *     saved copy or trained rows
 * @param fanInFanOut kept for Hugging Face PEFT, which needs it for GPT-2; no effect here
 * @param qalora whether A sees the means of groups of inputs (QA-LoRA: Xu et al., 2023)
 * @param qaloraGroupSize the inputs of a group
 * @param loftq the settings of {@link LoraInit#LOFTQ}; without meaning for other starts
 */
public record LoraConfig(
    CommonConfig common,
    Ranks ranks,
    double dropout,
    boolean rslora,
    boolean loraBias,
    boolean dora,
    LoraInit init,
    Map<String, List<Integer>> tokenIndices,
    boolean ensureWeightTying,
    boolean fanInFanOut,
    boolean qalora,
    int qaloraGroupSize,
    LoftQ loftq)
    implements PeftConfig {
  /** The name in {@code peft_type}. */
  public static final String PEFT_TYPE = "LORA";

  /**
   * Checks every field.
   *
   * @throws org.peft4j.error.PeftException listing all problems
   */
  public LoraConfig {
    tokenIndices = Collections.unmodifiableMap(new LinkedHashMap<>(tokenIndices));
    List<String> problems = new ArrayList<>(common.problems());
    tokenIndices
        .values()
        .forEach(
            ids -> problems.addAll(TokenTuningConfig.problems("trainable_token_indices", ids)));
    problems.addAll(ranks.problems("lora_alpha"));
    FieldType.DROPOUT.check("lora_dropout", dropout, problems);
    if (loraBias && init != LoraInit.STANDARD && init != LoraInit.RANDOM) {
      problems.add(
          "lora_bias goes with init_lora_weights true or false, not with " + init.json() + ".");
    }
    if (init == LoraInit.ORTHOGONAL) {
      checkEven("r", ranks.rank(), problems);
      ranks
          .rankPattern()
          .forEach((key, r) -> checkEven("rank_pattern \"" + key + "\"", r, problems));
    }
    if (init == LoraInit.MICA && dora) {
      problems.add("init_lora_weights mica does not go with use_dora; set one of them otherwise.");
    }
    if (init == LoraInit.LOFTQ && dora) {
      problems.add("init_lora_weights loftq does not go with use_dora; set one of them otherwise.");
    }
    if (qaloraGroupSize < 1) {
      problems.add("qalora_group_size is " + qaloraGroupSize + "; allowed: 1 and above.");
    }
    if (qalora && dora) {
      problems.add("use_qalora does not go with use_dora; set one of them to false.");
    }
    if (loraBias && dora) {
      problems.add("lora_bias does not go with use_dora; set one of them to false.");
    }
    CommonConfig.require("LoRA config", problems);
  }

  private static void checkEven(String field, int value, List<String> problems) {
    if (value % 2 != 0) {
      problems.add(field + " is " + value + "; init_lora_weights orthogonal needs even ranks.");
    }
  }

  @Override
  public String peftType() {
    return PEFT_TYPE;
  }

  @Override
  public Builder toBuilder() {
    return builder()
        .common(common)
        .ranks(ranks)
        .dropout(dropout)
        .rslora(rslora)
        .loraBias(loraBias)
        .dora(dora)
        .init(init)
        .tokenIndices(tokenIndices)
        .ensureWeightTying(ensureWeightTying)
        .fanInFanOut(fanInFanOut)
        .qalora(qalora)
        .qaloraGroupSize(qaloraGroupSize)
        .loftq(loftq);
  }

  /** A builder with the defaults: r 8, alpha 8, no dropout. */
  public static Builder builder() {
    return new Builder();
  }

  /** Builds a {@link LoraConfig}. */
  public static final class Builder extends RankBuilder<Builder> {
    private double dropout;
    private boolean rslora;
    private boolean loraBias;
    private boolean dora;
    private LoraInit init = LoraInit.STANDARD;
    private Map<String, List<Integer>> tokenIndices = Map.of();
    private boolean ensureWeightTying;
    private boolean fanInFanOut;
    private boolean qalora;
    private int qaloraGroupSize = 16;
    private LoftQ loftq = LoftQ.DEFAULT;

    private Builder() {}

    @Override
    protected Builder self() {
      return this;
    }

    /** The probability that an input of A is zeroed in training, in [0, 1); 0 by default. */
    public Builder dropout(double value) {
      dropout = value;
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

    /** The first values of A and B. */
    public Builder init(LoraInit value) {
      init = value;
      return this;
    }

    /** Tokens whose rows of the model's token embedding train too. */
    public Builder trainableTokens(Integer... ids) {
      return tokenIndices(Map.of("", List.of(ids)));
    }

    /** Rows of embeddings that train too: token ids by the embedding's name; replaces others. */
    public Builder tokenIndices(Map<String, List<Integer>> value) {
      tokenIndices = value;
      return this;
    }

    /**
     * Whether modules that share the token embeddings follow their adapter, saved copy or trained
     * rows: the output head of a tied model.
     */
    public Builder ensureWeightTying(boolean value) {
      ensureWeightTying = value;
      return this;
    }

    /** Kept for Hugging Face PEFT. */
    public Builder fanInFanOut(boolean value) {
      fanInFanOut = value;
      return this;
    }

    /** Whether A sees the means of groups of inputs, so that ΔW merges into integers by groups. */
    public Builder qalora(boolean value) {
      qalora = value;
      return this;
    }

    /** The inputs of a group of QA-LoRA; 16 by default. */
    public Builder qaloraGroupSize(int value) {
      qaloraGroupSize = value;
      return this;
    }

    /** The settings of {@link LoraInit#LOFTQ}; 4 bits and one iteration by default. */
    public Builder loftq(LoftQ value) {
      loftq = value;
      return this;
    }

    @Override
    public LoraConfig build() {
      return new LoraConfig(
          common(),
          ranks(),
          dropout,
          rslora,
          loraBias,
          dora,
          init,
          tokenIndices,
          ensureWeightTying,
          fanInFanOut,
          qalora,
          qaloraGroupSize,
          loftq);
    }
  }
}
