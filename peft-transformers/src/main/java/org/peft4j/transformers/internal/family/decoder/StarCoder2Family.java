package org.peft4j.transformers.internal.family.decoder;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
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
import org.peft4j.transformers.internal.family.ActivationField;
import org.peft4j.transformers.internal.family.CausalModel;
import org.peft4j.transformers.internal.family.ConfigFields;
import org.peft4j.transformers.internal.family.DecoderTasks;
import org.peft4j.transformers.internal.family.Dimensions;
import org.peft4j.transformers.internal.family.Family;
import org.peft4j.transformers.internal.family.RotaryFields;
import org.peft4j.transformers.internal.family.TokenFields;

/**
 * StarCoder2 (Lozhkov et al., 2024): grouped-query attention with rotary positions, and with or
 * without a window; layer norms and a feed-forward part without a gate.
 */
public final class StarCoder2Family implements Family {
  @Override
  public String modelType() {
    return "starcoder2";
  }

  @Override
  public List<Task> tasks() {
    return DecoderTasks.TOKENS;
  }

  @Override
  public ModelArchitecture describe(ConfigFields fields, TaskHead task) {
    fields.ignore("attention_dropout", "residual_dropout", "embedding_dropout");
    fields.only("mlp_type", "default");
    fields.only("norm_type", "layer_norm");
    return new Shape(fields).describe(fields, task);
  }

  private final class Shape {
    private final Dimensions sizes;
    private final int inner;
    private final Activation activation;
    private final double epsilon;
    private final boolean bias;
    private final OptionalInt window;
    private final int maxPositions;
    private final AttentionPart.Positions rotary;

    Shape(ConfigFields fields) {
      sizes =
          Dimensions.read(fields, OptionalInt.of(2), OptionalInt.empty())
              .withDeviation(fields.positiveNumber("initializer_range", 0.018042));
      inner = fields.size("intermediate_size");
      activation = ActivationField.read(fields, "hidden_act", "gelu_pytorch_tanh");
      epsilon = fields.positiveNumber("norm_epsilon", 1e-5);
      bias = fields.flag("use_bias", true);
      window = fields.optionalCount("sliding_window", OptionalInt.empty());
      maxPositions = fields.count("max_position_embeddings", 4096);
      rotary =
          new AttentionPart.RotaryPositions(
              RotaryFields.read(fields, maxPositions, sizes.headSize(), 10_000), sizes.headSize());
      fields.check(
          sizes.headSize() % 2 == 0 && sizes.headSize() > 0,
          "head_dim",
          "an even number, as rotary positions need");
    }

    ModelArchitecture describe(ConfigFields fields, TaskHead task) {
      int vocabulary = fields.count("vocab_size");
      int layers = fields.layers("num_hidden_layers");
      boolean tied = fields.flag("tie_word_embeddings", true);
      return CausalModel.of(modelType(), "Starcoder2", "model", Set.of())
          .describe(
              fields,
              task,
              maxPositions,
              new StackPart(
                  InputPart.of(
                      sizes
                          .tokens("model.embed_tokens", vocabulary)
                          .withPadding(
                              TokenFields.paddingRow(fields, vocabulary, OptionalInt.empty()))),
                  IntStream.range(0, layers).mapToObj(this::block).toList(),
                  Optional.of(norm("model.norm")),
                  Optional.empty()),
              HeadPart.Language.of(
                  CausalModel.HEAD, sizes.width(), vocabulary, tied, sizes.deviation()));
    }

    private BlockPart block(int index) {
      String name = "model.layers." + index;
      String attention = name + ".self_attn";
      String mlp = name + ".mlp";
      return new BlockPart(
          name,
          List.of(
              ResidualPart.preNorm(
                  norm(name + ".input_layernorm"),
                  sizes
                      .attention(
                          attention,
                          sizes.separate(attention, bias),
                          rotary,
                          sizes.output(attention + ".o_proj", bias))
                      .withWindow(window),
                  sizes.place(attention)),
              ResidualPart.preNorm(
                  norm(name + ".post_attention_layernorm"),
                  sizes.plain(activation, mlp + ".c_fc", mlp + ".c_proj", inner, bias),
                  sizes.place(mlp))));
    }

    private NormPart norm(String name) {
      return NormPart.layer(name, sizes.width(), epsilon);
    }
  }
}
