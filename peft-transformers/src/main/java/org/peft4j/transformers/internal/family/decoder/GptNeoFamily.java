package org.peft4j.transformers.internal.family.decoder;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.peft4j.kernel.Activation;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.BlockPart;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.InputPart;
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
 * GPT-Neo (Black et al., 2021): GPT-2 with separate maps to queries, keys and values, scores that
 * are not scaled, and a window in the blocks that {@code attention_types} calls local.
 */
public final class GptNeoFamily implements Family {
  @Override
  public String modelType() {
    return "gpt_neo";
  }

  @Override
  public List<Task> tasks() {
    return DecoderTasks.ALL;
  }

  @Override
  public ModelArchitecture describe(ConfigFields fields, TaskHead task) {
    fields.alias("num_attention_heads", "num_heads");
    fields.alias("num_hidden_layers", "num_layers");
    fields.ignore("attention_dropout", "embed_dropout", "resid_dropout", "gradient_checkpointing");
    GptFields.summary(fields);
    return new Shape(fields).describe(fields, task);
  }

  private final class Shape {
    private final Dimensions sizes;
    private final int inner;
    private final Activation activation;
    private final double epsilon;
    private final OptionalInt window;
    private final List<Boolean> local;

    Shape(ConfigFields fields) {
      sizes = Dimensions.of(fields, "hidden_size", "num_heads");
      inner = fields.size("intermediate_size", 4 * sizes.width());
      activation = ActivationField.read(fields, "activation_function", "gelu_new");
      epsilon = fields.positiveNumber("layer_norm_epsilon", 1e-5);
      window = OptionalInt.of(fields.count("window_size", 256));
      local = AttentionTypes.read(fields, fields.layers("num_layers"));
    }

    ModelArchitecture describe(ConfigFields fields, TaskHead task) {
      int vocabulary = fields.count("vocab_size");
      int positions = fields.count("max_position_embeddings", 2048);
      boolean tied = fields.flag("tie_word_embeddings", true);
      List<BlockPart> blocks = IntStream.range(0, local.size()).mapToObj(this::block).toList();
      return CausalModel.of(
              modelType(), "GPTNeo", "transformer", GptFields.masks(blocks, ".attn.attention"))
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
      String attention = name + ".attn.attention";
      String mlp = name + ".mlp";
      return new BlockPart(
          name,
          List.of(
              ResidualPart.preNorm(
                  norm(name + ".ln_1"),
                  sizes
                      .attention(
                          attention,
                          sizes.separate(attention, false),
                          new AttentionPart.NoPositions(),
                          sizes.output(attention + ".out_proj", true))
                      .withScores(1, OptionalDouble.empty())
                      .withWindow(local.get(index) ? window : OptionalInt.empty()),
                  sizes.place(attention)),
              ResidualPart.preNorm(
                  norm(name + ".ln_2"),
                  sizes.plain(activation, mlp + ".c_fc", mlp + ".c_proj", inner, true),
                  sizes.place(mlp))));
    }

    private NormPart norm(String name) {
      return NormPart.layer(name, sizes.width(), epsilon);
    }
  }
}
