package org.peft4j.transformers.internal.family.decoder;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
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
import org.peft4j.transformers.architecture.Rotary;
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
 * GPT-J (Wang and Komatsuzaki, 2021): attention and feed-forward part side by side behind one norm,
 * rotary positions whose pairs are neighbours, and a head with a bias.
 */
public final class GptJFamily implements Family {
  @Override
  public String modelType() {
    return "gptj";
  }

  @Override
  public List<Task> tasks() {
    return DecoderTasks.ANSWERS;
  }

  @Override
  public ModelArchitecture describe(ConfigFields fields, TaskHead task) {
    GptFields.read(fields);
    fields.only("rotary", true);
    fields.only("scale_attn_weights", true);
    return new Shape(fields).describe(fields, task);
  }

  private final class Shape {
    private final Dimensions sizes;
    private final int inner;
    private final Activation activation;
    private final double epsilon;
    private final AttentionPart.Positions rotary;

    Shape(ConfigFields fields) {
      sizes = Dimensions.of(fields, "n_embd", "n_head");
      inner = fields.size("n_inner", 4 * sizes.width());
      activation = ActivationField.read(fields, "activation_function", "gelu_new");
      epsilon = fields.positiveNumber("layer_norm_epsilon", 1e-5);
      int rotated = fields.size("rotary_dim", 64);
      fields.check(
          !fields.isNull("rotary_dim") && rotated % 2 == 0 && rotated <= sizes.headSize(),
          "rotary_dim",
          "an even number up to the " + sizes.headSize() + " features of a head");
      rotary =
          new AttentionPart.RotaryPositions(new Rotary(10_000, new Rotary.None()), rotated, true);
    }

    ModelArchitecture describe(ConfigFields fields, TaskHead task) {
      int vocabulary = fields.count("vocab_size");
      int layers = fields.layers("n_layer");
      List<BlockPart> blocks = IntStream.range(0, layers).mapToObj(this::block).toList();
      boolean tied = fields.flag("tie_word_embeddings", false);
      LinearPart head =
          sizes.linear(CausalModel.HEAD, SiteRole.HEAD, sizes.width(), vocabulary, true);
      return CausalModel.of(modelType(), "GPTJ", "transformer", GptFields.masks(blocks, ".attn"))
          .describe(
              fields,
              task,
              fields.count("n_positions", 2048),
              new StackPart(
                  InputPart.of(sizes.tokens("transformer.wte", vocabulary)),
                  blocks,
                  Optional.of(norm("transformer.ln_f")),
                  Optional.empty()),
              new HeadPart.Language(head, tied, 1, OptionalDouble.empty()));
    }

    private BlockPart block(int index) {
      String name = "transformer.h." + index;
      String attention = name + ".attn";
      String mlp = name + ".mlp";
      return new BlockPart(
          name,
          List.of(
              ResidualPart.parallel(
                  norm(name + ".ln_1"),
                  sizes.attention(
                      attention,
                      sizes.separate(attention, false),
                      rotary,
                      sizes.output(attention + ".out_proj", false)),
                  sizes.place(attention),
                  sizes.plain(activation, mlp + ".fc_in", mlp + ".fc_out", inner, true),
                  sizes.place(mlp))));
    }

    private NormPart norm(String name) {
      return NormPart.layer(name, sizes.width(), epsilon);
    }
  }
}
