package org.peft4j.transformers.internal.family.decoder;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.peft4j.kernel.Activation;
import org.peft4j.site.SiteRole;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.BlockPart;
import org.peft4j.transformers.architecture.FeedForwardPart;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.InputPart;
import org.peft4j.transformers.architecture.LinearPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.NormPart;
import org.peft4j.transformers.architecture.PositionPart;
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

/**
 * GPT-BigCode, of SantaCoder and StarCoder (Ben Allal et al., 2023; Li et al., 2023): GPT-2 with
 * matrices stored [out, in], and one key head that all queries share, or with {@code multi_query}
 * false, the query, key and value of each head in the fused map.
 */
public final class GptBigCodeFamily implements Family {
  @Override
  public String modelType() {
    return "gpt_bigcode";
  }

  @Override
  public List<Task> tasks() {
    return DecoderTasks.TOKENS;
  }

  @Override
  public ModelArchitecture describe(ConfigFields fields, TaskHead task) {
    GptFields.read(fields);
    fields.ignore("attention_softmax_in_fp32", "scale_attention_softmax_in_fp32");
    fields.ignore("pre_allocate_kv_cache", "inference_runner", "max_batch_size");
    fields.ignore("max_sequence_length", "pad_key_length", "validate_runner_input");
    return new Shape(fields).describe(fields, task);
  }

  private final class Shape {
    private final Dimensions sizes;
    private final boolean shared;
    private final int layers;
    private final int inner;
    private final Activation activation;
    private final double epsilon;
    private final double scale;

    Shape(ConfigFields fields) {
      Dimensions all = Dimensions.of(fields, "n_embd", "n_head");
      shared = fields.flag("multi_query", true);
      sizes = all.withKeyValueHeads(shared ? 1 : all.heads());
      fields.ignore("num_key_value_heads"); // Follows from multi_query.
      layers = fields.layers("n_layer");
      inner = fields.size("n_inner", 4 * sizes.width());
      activation = ActivationField.read(fields, "activation_function", "gelu_pytorch_tanh");
      epsilon = fields.positiveNumber("layer_norm_epsilon", 1e-5);
      scale = fields.flag("scale_attn_weights", true) ? 1 / Math.sqrt(sizes.headSize()) : 1;
    }

    ModelArchitecture describe(ConfigFields fields, TaskHead task) {
      int vocabulary = fields.count("vocab_size");
      int positions = fields.count("n_positions", 1024);
      boolean tied = fields.flag("tie_word_embeddings", true);
      List<BlockPart> blocks = IntStream.range(0, layers).mapToObj(this::block).toList();
      return CausalModel.of(
              modelType(), "GPTBigCode", "transformer", GptFields.masks(blocks, ".attn"))
          .withTokenHead("classifier")
          .describe(
              fields,
              task,
              positions,
              new StackPart(
                  InputPart.of(sizes.tokens("transformer.wte", vocabulary))
                      .withPositions(
                          PositionPart.of(sizes.positions("transformer.wpe", positions))),
                  blocks,
                  Optional.of(norm("transformer.ln_f")),
                  Optional.empty()),
              HeadPart.Language.of(
                  CausalModel.HEAD, sizes.width(), vocabulary, tied, sizes.deviation()));
    }

    private BlockPart block(int index) {
      String name = "transformer.h." + index;
      String attention = name + ".attn";
      String mlp = name + ".mlp";
      AttentionPart.Layout layout =
          shared ? AttentionPart.Layout.THIRDS : AttentionPart.Layout.HEADS;
      return new BlockPart(
          name,
          List.of(
              ResidualPart.preNorm(
                  norm(name + ".ln_1"),
                  sizes
                      .attention(
                          attention,
                          sizes.fused(attention + ".c_attn", layout, true),
                          new AttentionPart.NoPositions(),
                          residual(attention + ".c_proj", SiteRole.ATTENTION_OUTPUT, sizes.width()))
                      .withScores(scale, OptionalDouble.empty()),
                  sizes.place(attention)),
              ResidualPart.preNorm(
                  norm(name + ".ln_2"),
                  new FeedForwardPart(
                      activation,
                      Optional.empty(),
                      sizes.linear(mlp + ".c_fc", SiteRole.UP, sizes.width(), inner, true),
                      residual(mlp + ".c_proj", SiteRole.DOWN, inner)),
                  sizes.place(mlp))));
    }

    /** Additions to the residual stream start smaller in deeper models. */
    private LinearPart residual(String name, SiteRole role, long in) {
      double deviation = sizes.deviation() / Math.sqrt(2.0 * layers);
      return LinearPart.of(name, role, in, sizes.width(), true, deviation);
    }

    private NormPart norm(String name) {
      return NormPart.layer(name, sizes.width(), epsilon);
    }
  }
}
