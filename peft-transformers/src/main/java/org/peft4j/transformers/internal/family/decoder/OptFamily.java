package org.peft4j.transformers.internal.family.decoder;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
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
import org.peft4j.transformers.architecture.MixerPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.NormPart;
import org.peft4j.transformers.architecture.PositionPart;
import org.peft4j.transformers.architecture.ResidualPart;
import org.peft4j.transformers.architecture.StackPart;
import org.peft4j.transformers.config.SpecialTokens;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.internal.family.ActivationField;
import org.peft4j.transformers.internal.family.CausalModel;
import org.peft4j.transformers.internal.family.ConfigFields;
import org.peft4j.transformers.internal.family.DecoderTasks;
import org.peft4j.transformers.internal.family.Family;
import org.peft4j.transformers.internal.family.TokenFields;

/**
 * OPT (Zhang et al., 2022): layer norms before the sub-layers, or in OPT-350m after them, learnt
 * positions that skip padding, and embeddings that may be narrower than the blocks.
 */
public final class OptFamily implements Family {
  private static final String DECODER = "model.decoder.";

  /** Rows of the position table before the first position's. */
  private static final int OFFSET = 2;

  private static final double EPSILON = 1e-5;

  @Override
  public String modelType() {
    return "opt";
  }

  @Override
  public List<Task> tasks() {
    return DecoderTasks.ANSWERS;
  }

  @Override
  public ModelArchitecture describe(ConfigFields fields, TaskHead task) {
    fields.only("layer_norm_elementwise_affine", true);
    fields.ignore("dropout", "attention_dropout", "activation_dropout", "layerdrop");
    return new Shape(fields).describe(fields, task);
  }

  private final class Shape {
    private final int width;
    private final int embedded;
    private final int heads;
    private final int inner;
    private final boolean bias;
    private final boolean normBefore;
    private final Activation activation;
    private final double deviation;

    Shape(ConfigFields fields) {
      width = fields.size("hidden_size");
      embedded = fields.size("word_embed_proj_dim", width);
      heads = fields.size("num_attention_heads");
      inner = fields.size("ffn_dim");
      bias = fields.flag("enable_bias", true);
      normBefore = fields.flag("do_layer_norm_before", true);
      activation = ActivationField.read(fields, "activation_function", "relu");
      deviation = fields.positiveNumber("init_std", 0.02);
      fields.check(width % heads == 0, "num_attention_heads", "a divisor of hidden_size " + width);
    }

    ModelArchitecture describe(ConfigFields fields, TaskHead task) {
      int positions = fields.count("max_position_embeddings", 2048);
      int vocabulary = fields.count("vocab_size");
      int layers = fields.layers("num_hidden_layers");
      boolean tied = fields.flag("tie_word_embeddings", true);
      boolean withoutNorm = fields.flag("_remove_final_layer_norm", false) || !normBefore;
      SpecialTokens tokens = TokenFields.read(fields);
      return new ModelArchitecture(
          new CheckpointNames(modelType(), task.className("OPT", "ForCausalLM"), "model", Set.of()),
          positions,
          tokens,
          Optional.empty(),
          new StackPart(
              input(
                  vocabulary,
                  positions,
                  TokenFields.paddingRow(fields, vocabulary, OptionalInt.of(1))),
              IntStream.range(0, layers).mapToObj(this::block).toList(),
              withoutNorm ? Optional.empty() : Optional.of(norm(DECODER + "final_layer_norm")),
              projection("project_out", width, embedded)),
          CausalModel.head(
              task,
              HeadPart.Language.of(CausalModel.HEAD, embedded, vocabulary, tied, deviation),
              CausalModel.SCORE));
    }

    private InputPart input(int vocabulary, int positions, OptionalInt padding) {
      EmbeddingPart table =
          EmbeddingPart.of(
                  DECODER + "embed_tokens",
                  SiteRole.TOKEN_EMBEDDING,
                  vocabulary,
                  embedded,
                  deviation)
              .withPadding(padding);
      EmbeddingPart places =
          EmbeddingPart.of(
              DECODER + "embed_positions",
              SiteRole.POSITION_EMBEDDING,
              (long) positions + OFFSET,
              width,
              deviation);
      InputPart input = InputPart.of(table).withPositions(new PositionPart(places, OFFSET, true));
      return projection("project_in", embedded, width).map(input::withProjection).orElse(input);
    }

    /** A map between the embeddings' width and the blocks'; none if they are equal. */
    private Optional<LinearPart> projection(String name, int in, int out) {
      return in == out
          ? Optional.empty()
          : Optional.of(LinearPart.of(DECODER + name, SiteRole.OTHER, in, out, false, deviation));
    }

    private BlockPart block(int index) {
      String name = DECODER + "layers." + index;
      String attention = name + ".self_attn";
      return new BlockPart(
          name,
          List.of(
              residual(norm(attention + "_layer_norm"), attention(attention), attention),
              residual(
                  norm(name + ".final_layer_norm"), feedForward(name), name + ".feed_forward")));
    }

    private ResidualPart residual(NormPart norm, MixerPart mixer, String name) {
      return normBefore
          ? ResidualPart.preNorm(norm, mixer, ResidualPart.place(name, width))
          : ResidualPart.postNorm(norm, mixer, ResidualPart.place(name, width));
    }

    private AttentionPart attention(String name) {
      return AttentionPart.causal(
          name,
          heads,
          heads,
          width / heads,
          new AttentionPart.Separate(
              linear(name + ".q_proj", SiteRole.QUERY, width, width),
              linear(name + ".k_proj", SiteRole.KEY, width, width),
              linear(name + ".v_proj", SiteRole.VALUE, width, width)),
          new AttentionPart.NoPositions(),
          linear(name + ".out_proj", SiteRole.ATTENTION_OUTPUT, width, width));
    }

    private FeedForwardPart feedForward(String name) {
      return new FeedForwardPart(
          activation,
          Optional.empty(),
          linear(name + ".fc1", SiteRole.UP, width, inner),
          linear(name + ".fc2", SiteRole.DOWN, inner, width));
    }

    private LinearPart linear(String name, SiteRole role, long in, long out) {
      return LinearPart.of(name, role, in, out, bias, deviation);
    }

    private NormPart norm(String name) {
      return NormPart.layer(name, width, EPSILON);
    }
  }
}
