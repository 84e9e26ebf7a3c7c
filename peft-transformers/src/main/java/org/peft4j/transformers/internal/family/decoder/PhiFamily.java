package org.peft4j.transformers.internal.family.decoder;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import org.peft4j.kernel.Activation;
import org.peft4j.site.SiteRole;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.BlockPart;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.InputPart;
import org.peft4j.transformers.architecture.LinearPart;
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
 * Phi-1 and 2 (Gunasekar et al., 2023): attention and feed-forward part side by side behind one
 * norm, rotary positions of a part of each head, and a head with a bias.
 */
public final class PhiFamily implements Family {
  @Override
  public String modelType() {
    return "phi";
  }

  @Override
  public List<Task> tasks() {
    return DecoderTasks.TOKENS;
  }

  @Override
  public ModelArchitecture describe(ConfigFields fields, TaskHead task) {
    fields.ignore("resid_pdrop", "embd_pdrop", "attention_dropout", "auto_map");
    return new Shape(fields).describe(fields, task);
  }

  private final class Shape {
    private final Dimensions sizes;
    private final int inner;
    private final Activation activation;
    private final double epsilon;
    private final boolean headNorms;
    private final int maxPositions;
    private final AttentionPart.Positions rotary;

    Shape(ConfigFields fields) {
      sizes = Dimensions.read(fields, OptionalInt.empty(), OptionalInt.empty());
      inner = fields.size("intermediate_size");
      activation = ActivationField.read(fields, "hidden_act", "gelu_new");
      epsilon = fields.positiveNumber("layer_norm_eps", 1e-5);
      headNorms = fields.flag("qk_layernorm", false);
      maxPositions = fields.count("max_position_embeddings", 2048);
      rotary = RotaryFields.partial(fields, maxPositions, sizes.headSize(), 0.5);
    }

    ModelArchitecture describe(ConfigFields fields, TaskHead task) {
      int vocabulary = fields.count("vocab_size");
      int layers = fields.layers("num_hidden_layers");
      boolean tied = fields.flag("tie_word_embeddings", false);
      LinearPart head =
          sizes.linear(CausalModel.HEAD, SiteRole.HEAD, sizes.width(), vocabulary, true);
      return CausalModel.of(modelType(), "Phi", "model", Set.of())
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
                  Optional.of(norm("model.final_layernorm", sizes.width())),
                  Optional.empty()),
              new HeadPart.Language(head, tied, 1, OptionalDouble.empty()));
    }

    private BlockPart block(int index) {
      String name = "model.layers." + index;
      String attention = name + ".self_attn";
      String mlp = name + ".mlp";
      return new BlockPart(
          name,
          List.of(
              ResidualPart.parallel(
                  norm(name + ".input_layernorm", sizes.width()),
                  attention(attention),
                  sizes.place(attention),
                  sizes.plain(activation, mlp + ".fc1", mlp + ".fc2", inner, true),
                  sizes.place(mlp))));
    }

    private AttentionPart attention(String name) {
      AttentionPart attention =
          sizes.attention(
              name, sizes.separate(name, true), rotary, sizes.output(name + ".dense", true));
      int size = sizes.headSize();
      return headNorms
          ? attention.withHeadNorms(
              norm(name + ".q_layernorm", size), norm(name + ".k_layernorm", size))
          : attention;
    }

    private NormPart norm(String name, int width) {
      return NormPart.layer(name, width, epsilon);
    }
  }
}
