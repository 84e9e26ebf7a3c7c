package org.peft4j.transformers.internal.family.decoder;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.peft4j.kernel.Activation;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.BlockPart;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.InputPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.NormPart;
import org.peft4j.transformers.architecture.ResidualPart;
import org.peft4j.transformers.architecture.StackPart;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.internal.family.CausalModel;
import org.peft4j.transformers.internal.family.ConfigFields;
import org.peft4j.transformers.internal.family.DecoderTasks;
import org.peft4j.transformers.internal.family.Dimensions;
import org.peft4j.transformers.internal.family.Family;

/**
 * BLOOM and BLOOMZ (Le Scao et al., 2022): ALiBi, one map whose outputs are the query, key and
 * value of each head, and a norm of the embeddings.
 */
public final class BloomFamily implements Family {
  @Override
  public String modelType() {
    return "bloom";
  }

  @Override
  public List<Task> tasks() {
    return DecoderTasks.ALL;
  }

  @Override
  public ModelArchitecture describe(ConfigFields fields, TaskHead task) {
    fields.alias("n_embed", "hidden_size");
    fields.alias("num_attention_heads", "n_head");
    fields.alias("num_hidden_layers", "n_layer");
    fields.only("apply_residual_connection_post_layernorm", false);
    // How training split matrices and fused operations; the results are the same.
    fields.ignore("pretraining_tp", "slow_but_exact", "masked_softmax_fusion");
    fields.ignore("bias_dropout_fusion", "skip_bias_add", "skip_bias_add_qkv");
    fields.ignore("attention_softmax_in_fp32", "attention_dropout", "hidden_dropout");
    fields.ignore("seq_length", "offset_alibi", "unk_token_id");
    return new Shape(fields).describe(fields, task);
  }

  private final class Shape {
    /** Published files name a length, but ALiBi has none. */
    private static final int POSITIONS = 1 << 20;

    private final Dimensions sizes;
    private final double epsilon;

    Shape(ConfigFields fields) {
      sizes = Dimensions.of(fields, "hidden_size", "n_head");
      epsilon = fields.positiveNumber("layer_norm_epsilon", 1e-5);
      fields.only("n_inner", 4L * sizes.width());
    }

    ModelArchitecture describe(ConfigFields fields, TaskHead task) {
      int vocabulary = fields.count("vocab_size");
      int layers = fields.layers("n_layer");
      boolean tied = fields.flag("tie_word_embeddings", true);
      return CausalModel.of(modelType(), "Bloom", "transformer", Set.of())
          .withTokenHead("classifier")
          .describe(
              fields,
              task,
              POSITIONS,
              new StackPart(
                  InputPart.of(sizes.tokens("transformer.word_embeddings", vocabulary))
                      .withNorm(norm("transformer.word_embeddings_layernorm")),
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
      return new BlockPart(
          name,
          List.of(
              ResidualPart.preNorm(
                  norm(name + ".input_layernorm"),
                  sizes.attention(
                      attention,
                      sizes.fused(attention + ".query_key_value", AttentionPart.Layout.HEADS, true),
                      new AttentionPart.Alibi(),
                      sizes.output(attention + ".dense", true)),
                  sizes.place(attention)),
              ResidualPart.preNorm(
                  norm(name + ".post_attention_layernorm"),
                  sizes.plain(
                      Activation.GELU_TANH,
                      mlp + ".dense_h_to_4h",
                      mlp + ".dense_4h_to_h",
                      4L * sizes.width(),
                      true),
                  sizes.place(mlp))));
    }

    private NormPart norm(String name) {
      return NormPart.layer(name, sizes.width(), epsilon);
    }
  }
}
