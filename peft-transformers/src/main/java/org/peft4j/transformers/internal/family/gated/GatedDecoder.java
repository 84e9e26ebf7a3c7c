package org.peft4j.transformers.internal.family.gated;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.peft4j.kernel.Activation;
import org.peft4j.site.SiteRole;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.BlockPart;
import org.peft4j.transformers.architecture.FeedForwardPart;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.InputPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.NormPart;
import org.peft4j.transformers.architecture.ResidualPart;
import org.peft4j.transformers.architecture.StackPart;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.internal.family.ActivationField;
import org.peft4j.transformers.internal.family.CausalModel;
import org.peft4j.transformers.internal.family.ConfigFields;
import org.peft4j.transformers.internal.family.Dimensions;
import org.peft4j.transformers.internal.family.RotaryFields;
import org.peft4j.transformers.internal.family.TokenFields;

/**
 * The parts of Llama (Touvron et al., 2023), of which related families are built: grouped-query
 * attention with rotary positions, a gated feed-forward part, root mean square norms. Reads the
 * fields that all of them have.
 */
final class GatedDecoder {
  private final ConfigFields fields;
  private final GatedDefaults defaults;
  private final Dimensions sizes;
  private final int inner;
  private final Activation activation;
  private final double epsilon;
  private final int layers;
  private final int maxPositions;

  GatedDecoder(ConfigFields fields, GatedDefaults defaults) {
    this.fields = fields;
    this.defaults = defaults;
    sizes = Dimensions.read(fields, defaults.keyValueHeads, defaults.headSize);
    inner = fields.size("intermediate_size");
    activation = ActivationField.read(fields, defaults.activationField, defaults.activation);
    epsilon = fields.positiveNumber("rms_norm_eps", defaults.epsilon);
    layers = fields.layers("num_hidden_layers");
    maxPositions = fields.count("max_position_embeddings", defaults.maxPositions);
    fields.check(
        sizes.headSize() % 2 == 0 && sizes.headSize() > 0,
        "head_dim",
        "an even number, as rotary positions need");
    fields.ignore("attention_dropout");
  }

  Dimensions sizes() {
    return sizes;
  }

  int layers() {
    return layers;
  }

  int maxPositions() {
    return maxPositions;
  }

  /** The positions that all blocks of most families have. */
  AttentionPart.Positions rotary() {
    return new AttentionPart.RotaryPositions(
        RotaryFields.read(fields, maxPositions, sizes.headSize(), defaults.theta),
        sizes.headSize());
  }

  /** The name of a block. */
  String name(int index) {
    return defaults.body + ".layers." + index;
  }

  String attentionName(int index) {
    return name(index) + ".self_attn";
  }

  String mlpName(int index) {
    return name(index) + ".mlp";
  }

  /** The name of the norm after the last block. */
  String normName() {
    return defaults.body + ".norm";
  }

  NormPart rms(String name) {
    return NormPart.rms(name, sizes.width(), epsilon);
  }

  /** A norm of queries or keys. */
  NormPart rms(String name, long width) {
    return NormPart.rms(name, width, epsilon);
  }

  NormPart onePlus(String name) {
    return onePlus(name, sizes.width());
  }

  NormPart onePlus(String name, long width) {
    return NormPart.onePlus(name, width, epsilon);
  }

  /**
   * The attention of a block.
   *
   * @param inputBias whether the maps to queries, keys and values have a bias
   * @param outputBias whether the map from the heads has one
   */
  AttentionPart attention(
      int index, boolean inputBias, boolean outputBias, AttentionPart.Positions positions) {
    String name = attentionName(index);
    return sizes.attention(
        name,
        sizes.separate(name, inputBias),
        positions,
        sizes.output(name + ".o_proj", outputBias));
  }

  /** The feed-forward part of a block. */
  FeedForwardPart feedForward(int index, boolean bias) {
    String name = mlpName(index);
    return new FeedForwardPart(
        activation,
        Optional.of(sizes.linear(name + ".gate_proj", SiteRole.GATE, sizes.width(), inner, bias)),
        sizes.linear(name + ".up_proj", SiteRole.UP, sizes.width(), inner, bias),
        sizes.linear(name + ".down_proj", SiteRole.DOWN, inner, sizes.width(), bias));
  }

  /** The same with one map to the gate and the values that it gates. */
  FeedForwardPart fusedFeedForward(int index) {
    String name = mlpName(index);
    return FeedForwardPart.fusedGate(
        activation,
        sizes.linear(name + ".gate_up_proj", SiteRole.UP, sizes.width(), 2L * inner, false),
        sizes.linear(name + ".down_proj", SiteRole.DOWN, inner, sizes.width(), false));
  }

  /** A block with root mean square norms before its sub-layers. */
  BlockPart preNorm(int index, AttentionPart attention, FeedForwardPart feedForward) {
    return new BlockPart(
        name(index),
        List.of(
            ResidualPart.preNorm(
                rms(name(index) + ".input_layernorm"),
                attention,
                sizes.place(attentionName(index))),
            ResidualPart.preNorm(
                rms(name(index) + ".post_attention_layernorm"),
                feedForward,
                sizes.place(mlpName(index)))));
  }

  /** The model of these blocks. */
  ModelArchitecture model(TaskHead task, IntFunction<BlockPart> block) {
    return model(task, block, rms(normName()), input(), head());
  }

  ModelArchitecture model(
      TaskHead task,
      IntFunction<BlockPart> block,
      NormPart norm,
      InputPart input,
      HeadPart.Language head) {
    List<BlockPart> blocks = IntStream.range(0, layers).mapToObj(block).toList();
    ModelArchitecture model =
        CausalModel.of(defaults.modelType, defaults.className, defaults.body, constants(blocks))
            .describe(
                fields,
                task,
                maxPositions,
                new StackPart(input, blocks, Optional.of(norm), Optional.empty()),
                head);
    return defaults.body.equals(GatedDefaults.BODY)
        ? model
        : model.withNames(model.names().withOtherPrefix(GatedDefaults.BODY));
  }

  /** The table of tokens. */
  InputPart input() {
    int vocabulary = fields.count("vocab_size");
    return InputPart.of(
        sizes
            .tokens(defaults.body + ".embed_tokens", vocabulary)
            .withPadding(TokenFields.paddingRow(fields, vocabulary, defaults.padding)));
  }

  /** The head of a language model. */
  HeadPart.Language head() {
    return HeadPart.Language.of(
        CausalModel.HEAD,
        sizes.width(),
        fields.count("vocab_size"),
        fields.flag("tie_word_embeddings", defaults.tied),
        sizes.deviation());
  }

  /** Old checkpoints store the frequencies of rotary positions. */
  private Set<String> constants(List<BlockPart> blocks) {
    Set<String> names =
        blocks.stream()
            .map(block -> block.name() + ".self_attn.rotary_emb.inv_freq")
            .collect(Collectors.toSet());
    names.add(defaults.body + ".rotary_emb.inv_freq");
    return names;
  }
}
