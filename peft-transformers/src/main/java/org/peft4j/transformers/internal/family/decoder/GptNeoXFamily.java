package org.peft4j.transformers.internal.family.decoder;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.peft4j.kernel.Activation;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.BlockPart;
import org.peft4j.transformers.architecture.FeedForwardPart;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.InputPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.NormPart;
import org.peft4j.transformers.architecture.ResidualPart;
import org.peft4j.transformers.architecture.StackPart;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.internal.family.ActivationField;
import org.peft4j.transformers.internal.family.CausalModel;
import org.peft4j.transformers.internal.family.ConfigFields;
import org.peft4j.transformers.internal.family.DecoderTasks;
import org.peft4j.transformers.internal.family.Dimensions;
import org.peft4j.transformers.internal.family.Family;
import org.peft4j.transformers.internal.family.RotaryFields;

/**
 * GPT-NeoX and Pythia (Black et al., 2022; Biderman et al., 2023): one map whose outputs are the
 * query, key and value of each head, rotary positions of a part of each head, attention and
 * feed-forward part side by side or one after the other.
 */
public final class GptNeoXFamily implements Family {
  @Override
  public String modelType() {
    return "gpt_neox";
  }

  @Override
  public List<Task> tasks() {
    return DecoderTasks.ALL;
  }

  @Override
  public ModelArchitecture describe(ConfigFields fields, TaskHead task) {
    fields.ignore("attention_dropout", "hidden_dropout", "gradient_checkpointing");
    return new Shape(fields).describe(fields, task);
  }

  private final class Shape {
    private final Dimensions sizes;
    private final int inner;
    private final Activation activation;
    private final double epsilon;
    private final boolean bias;
    private final boolean parallel;
    private final int maxPositions;
    private final AttentionPart.Positions rotary;

    Shape(ConfigFields fields) {
      sizes = Dimensions.of(fields, "hidden_size", "num_attention_heads");
      inner = fields.size("intermediate_size");
      activation = ActivationField.read(fields, "hidden_act", "gelu");
      epsilon = fields.positiveNumber("layer_norm_eps", 1e-5);
      bias = fields.flag("attention_bias", true);
      parallel = fields.flag("use_parallel_residual", true);
      maxPositions = fields.count("max_position_embeddings", 2048);
      rotary = RotaryFields.neox(fields, maxPositions, sizes.headSize());
    }

    ModelArchitecture describe(ConfigFields fields, TaskHead task) {
      int vocabulary = fields.count("vocab_size");
      int layers = fields.layers("num_hidden_layers");
      boolean tied = fields.flag("tie_word_embeddings", false);
      List<BlockPart> blocks = IntStream.range(0, layers).mapToObj(this::block).toList();
      return CausalModel.of(modelType(), "GPTNeoX", "gpt_neox", constants(blocks))
          .withStoredHead("embed_out")
          .withTokenHead("classifier")
          .describe(
              fields,
              task,
              maxPositions,
              new StackPart(
                  InputPart.of(sizes.tokens("gpt_neox.embed_in", vocabulary)),
                  blocks,
                  Optional.of(norm("gpt_neox.final_layer_norm")),
                  Optional.empty()),
              HeadPart.Language.of(
                  CausalModel.HEAD, sizes.width(), vocabulary, tied, sizes.deviation()));
    }

    private BlockPart block(int index) {
      String name = "gpt_neox.layers." + index;
      String attention = name + ".attention";
      String mlp = name + ".mlp";
      NormPart before = norm(name + ".input_layernorm");
      NormPart between = norm(name + ".post_attention_layernorm");
      AttentionPart mixer =
          sizes.attention(
              attention,
              sizes.fused(attention + ".query_key_value", AttentionPart.Layout.HEADS, bias),
              rotary,
              sizes.output(attention + ".dense", bias));
      FeedForwardPart inside =
          sizes.plain(activation, mlp + ".dense_h_to_4h", mlp + ".dense_4h_to_h", inner, true);
      return new BlockPart(
          name,
          parallel
              ? List.of(
                  ResidualPart.parallel(
                      before, mixer, sizes.place(attention), between, inside, sizes.place(mlp)))
              : List.of(
                  ResidualPart.preNorm(before, mixer, sizes.place(attention)),
                  ResidualPart.preNorm(between, inside, sizes.place(mlp))));
    }

    private NormPart norm(String name) {
      return NormPart.layer(name, sizes.width(), epsilon);
    }
  }

  /** Old checkpoints store the causal mask, its fill value and the frequencies of positions. */
  private static Set<String> constants(List<BlockPart> blocks) {
    return blocks.stream()
        .flatMap(
            block ->
                Stream.of("bias", "masked_bias", "rotary_emb.inv_freq")
                    .map(name -> block.name() + ".attention." + name))
        .collect(Collectors.toSet());
  }
}
