package org.peft4j.transformers.internal.family.decoder;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.peft4j.kernel.Activation;
import org.peft4j.site.SiteRole;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.BlockPart;
import org.peft4j.transformers.architecture.CheckpointNames;
import org.peft4j.transformers.architecture.EmbeddingPart;
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
import org.peft4j.transformers.internal.family.Family;
import org.peft4j.transformers.internal.family.TokenFields;

/**
 * GPT-2 (Radford et al., 2019): pre-norm blocks with layer normalisation, learnt positions, one
 * matrix for queries, keys and values; all matrices except the head's are stored [in, out].
 */
public final class Gpt2Family implements Family {
  @Override
  public String modelType() {
    return "gpt2";
  }

  @Override
  public List<Task> tasks() {
    return DecoderTasks.ALL;
  }

  @Override
  public ModelArchitecture describe(ConfigFields fields, TaskHead task) {
    refuse(fields);
    GptFields.read(fields);
    Shape shape = new Shape(fields);
    int vocabulary = fields.count("vocab_size");
    int positions = fields.count("n_positions", 1024);
    boolean tied = fields.flag("tie_word_embeddings", true);
    List<BlockPart> blocks = IntStream.range(0, shape.layers).mapToObj(shape::block).toList();
    EmbeddingPart places =
        shape.embedding("transformer.wpe", SiteRole.POSITION_EMBEDDING, positions);
    return new ModelArchitecture(
        new CheckpointNames(
            modelType(),
            task.className("GPT2", "LMHeadModel"),
            "transformer",
            GptFields.masks(blocks, ".attn")),
        positions,
        TokenFields.read(fields),
        Optional.empty(),
        new StackPart(
            InputPart.of(shape.embedding("transformer.wte", SiteRole.TOKEN_EMBEDDING, vocabulary))
                .withPositions(PositionPart.of(places)),
            blocks,
            Optional.of(shape.norm("transformer.ln_f")),
            Optional.empty()),
        CausalModel.head(
            task,
            HeadPart.Language.of(CausalModel.HEAD, shape.width, vocabulary, tied, shape.deviation),
            "classifier"));
  }

  private static void refuse(ConfigFields fields) {
    fields.only("scale_attn_weights", true);
    fields.only("scale_attn_by_inverse_layer_idx", false);
    fields.only("reorder_and_upcast_attn", false);
  }

  private static final class Shape {
    private final int width;
    private final int heads;
    private final int layers;
    private final int inner;
    private final Activation activation;
    private final double epsilon;
    private final double deviation;

    Shape(ConfigFields fields) {
      width = fields.size("n_embd");
      heads = fields.size("n_head");
      layers = fields.layers("n_layer");
      inner = fields.size("n_inner", 4 * width);
      activation = ActivationField.read(fields, "activation_function", "gelu_new");
      epsilon = fields.positiveNumber("layer_norm_epsilon", 1e-5);
      deviation = fields.positiveNumber("initializer_range", 0.02);
      fields.check(width % heads == 0, "n_head", "a divisor of n_embd " + width);
    }

    BlockPart block(int index) {
      String name = "transformer.h." + index;
      String attention = name + ".attn";
      String mlp = name + ".mlp";
      LinearPart projections =
          linear(attention + ".c_attn", SiteRole.QUERY_KEY_VALUE, width, 3L * width);
      return new BlockPart(
          name,
          List.of(
              ResidualPart.preNorm(
                  norm(name + ".ln_1"),
                  AttentionPart.causal(
                      attention,
                      heads,
                      heads,
                      width / heads,
                      new AttentionPart.Fused(projections, AttentionPart.Layout.THIRDS),
                      new AttentionPart.NoPositions(),
                      residual(attention + ".c_proj", SiteRole.ATTENTION_OUTPUT, width)),
                  ResidualPart.place(attention, width)),
              ResidualPart.preNorm(
                  norm(name + ".ln_2"),
                  new FeedForwardPart(
                      activation,
                      Optional.empty(),
                      linear(mlp + ".c_fc", SiteRole.UP, width, inner),
                      residual(mlp + ".c_proj", SiteRole.DOWN, inner)),
                  ResidualPart.place(mlp, width))));
    }

    private LinearPart linear(String name, SiteRole role, long in, long out) {
      return LinearPart.inputsFirst(name, role, in, out, deviation);
    }

    /** Additions to the residual stream start smaller in deeper models. */
    private LinearPart residual(String name, SiteRole role, long in) {
      return LinearPart.inputsFirst(name, role, in, width, deviation / Math.sqrt(2.0 * layers));
    }

    EmbeddingPart embedding(String name, SiteRole role, long rows) {
      return EmbeddingPart.of(name, role, rows, width, deviation);
    }

    NormPart norm(String name) {
      return NormPart.layer(name, width, epsilon);
    }
  }
}
