package org.peft4j.transformers.internal.family.decoder;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.peft4j.kernel.Activation;
import org.peft4j.site.Site;
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
 * Falcon (Almazrouei et al., 2023) in its forms: with {@code new_decoder_architecture} (40B),
 * grouped queries and a norm for each of two parallel branches, or one for both; otherwise one key
 * head for all queries (7B) or one for each (RW), branches side by side or one after the other.
 * Positions are rotary, or ALiBi.
 *
 * <p>Hugging Face transformers 5.18 adds ALiBi twice in its eager attention; here it counts once,
 * as in its other implementations and in Falcon's own.
 */
public final class FalconFamily implements Family {
  @Override
  public String modelType() {
    return "falcon";
  }

  @Override
  public List<Task> tasks() {
    return DecoderTasks.ALL;
  }

  @Override
  public ModelArchitecture describe(ConfigFields fields, TaskHead task) {
    fields.alias("n_embed", "hidden_size");
    fields.ignore("attention_dropout", "hidden_dropout", "auto_map");
    fields.only("apply_residual_connection_post_layernorm", false);
    return new Shape(fields).describe(fields, task);
  }

  private final class Shape {
    private final Dimensions sizes;
    private final AttentionPart.Layout layout;
    private final long inner;
    private final Activation activation;
    private final double epsilon;
    private final boolean bias;
    private final boolean parallel;
    private final boolean twoNorms;
    private final int maxPositions;
    private final AttentionPart.Positions positions;

    Shape(ConfigFields fields) {
      Dimensions all = Dimensions.of(fields, "hidden_size", "num_attention_heads");
      boolean recent = fields.flag("new_decoder_architecture", false);
      boolean shared = fields.flag("multi_query", true);
      int keyHeads = recent || !shared ? fields.size("num_kv_heads", all.heads()) : 1;
      fields.ignore("num_kv_heads");
      fields.check(
          recent ? all.heads() % keyHeads == 0 : shared || keyHeads == all.heads(),
          "num_kv_heads",
          recent
              ? "a divisor of num_attention_heads " + all.heads()
              : "num_attention_heads " + all.heads() + " without new_decoder_architecture");
      sizes = all.withKeyValueHeads(keyHeads);
      layout = recent || !shared ? AttentionPart.Layout.HEADS : AttentionPart.Layout.THIRDS;
      inner = fields.size("ffn_hidden_size", 4 * sizes.width());
      activation = ActivationField.read(fields, "activation", "gelu");
      epsilon = fields.positiveNumber("layer_norm_epsilon", 1e-5);
      bias = fields.flag("bias", false);
      parallel = fields.flag("parallel_attn", true);
      fields.check(parallel || !recent, "parallel_attn", "only true with new_decoder_architecture");
      twoNorms = recent && norms(fields, recent) == 2;
      if (!recent) {
        norms(fields, recent);
      }
      maxPositions = fields.count("max_position_embeddings", 2048);
      positions = positions(fields);
    }

    /** The number of norms before two parallel branches. */
    private int norms(ConfigFields fields, boolean recent) {
      int norms = fields.count("num_ln_in_parallel_attn", recent ? 2 : 1);
      fields.check(
          norms == 1 || recent && norms == 2,
          "num_ln_in_parallel_attn",
          recent ? "1 and 2" : "only 1 without new_decoder_architecture");
      return norms;
    }

    private AttentionPart.Positions positions(ConfigFields fields) {
      boolean alibi = fields.flag("alibi", false);
      AttentionPart.Positions rotary =
          new AttentionPart.RotaryPositions(
              RotaryFields.read(fields, maxPositions, sizes.headSize(), 10_000), sizes.headSize());
      fields.check(
          alibi || sizes.headSize() % 2 == 0,
          "num_attention_heads",
          "heads of an even number of features, as rotary positions need");
      return alibi ? new AttentionPart.Alibi(1 / Math.sqrt(sizes.headSize()), true) : rotary;
    }

    ModelArchitecture describe(ConfigFields fields, TaskHead task) {
      int vocabulary = fields.count("vocab_size");
      int layers = fields.layers("num_hidden_layers");
      boolean tied = fields.flag("tie_word_embeddings", true);
      return CausalModel.of(modelType(), "Falcon", "transformer", Set.of())
          .withTokenHead("classifier")
          .describe(
              fields,
              task,
              maxPositions,
              new StackPart(
                  InputPart.of(sizes.tokens("transformer.word_embeddings", vocabulary)),
                  IntStream.range(0, layers).mapToObj(this::block).toList(),
                  Optional.of(norm("transformer.ln_f")),
                  Optional.empty()),
              HeadPart.Language.of(
                  CausalModel.HEAD, sizes.width(), vocabulary, tied, sizes.deviation()));
    }

    private BlockPart block(int index) {
      String name = "transformer.h." + index;
      String attention = name + ".self_attention";
      String mlp = name + ".mlp";
      AttentionPart mixer =
          sizes.attention(
              attention,
              sizes.fused(attention + ".query_key_value", layout, bias),
              positions,
              sizes.output(attention + ".dense", bias));
      FeedForwardPart inside =
          sizes.plain(activation, mlp + ".dense_h_to_4h", mlp + ".dense_4h_to_h", inner, bias);
      return new BlockPart(name, sublayers(name, mixer, attention, inside, mlp));
    }

    private List<ResidualPart> sublayers(
        String name, AttentionPart mixer, String attention, FeedForwardPart inside, String mlp) {
      Site place = sizes.place(attention);
      Site mlpPlace = sizes.place(mlp);
      if (twoNorms) {
        return List.of(
            ResidualPart.parallel(
                norm(name + ".ln_attn"), mixer, place, norm(name + ".ln_mlp"), inside, mlpPlace));
      }
      NormPart before = norm(name + ".input_layernorm");
      return parallel
          ? List.of(ResidualPart.parallel(before, mixer, place, inside, mlpPlace))
          : List.of(
              ResidualPart.preNorm(before, mixer, place),
              ResidualPart.preNorm(norm(name + ".post_attention_layernorm"), inside, mlpPlace));
    }

    private NormPart norm(String name) {
      return NormPart.layer(name, sizes.width(), epsilon);
    }
  }
}
