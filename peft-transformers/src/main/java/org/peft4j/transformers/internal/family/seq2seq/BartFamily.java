package org.peft4j.transformers.internal.family.seq2seq;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
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
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.internal.family.ActivationField;
import org.peft4j.transformers.internal.family.ConfigFields;
import org.peft4j.transformers.internal.family.Family;
import org.peft4j.transformers.internal.family.TokenFields;

/**
 * BART (Lewis et al., 2020): an encoder and a decoder with layer norms after the sub-layers and
 * after the embeddings, and learnt positions from the left edge on, padding included.
 *
 * <p>{@code final_logits_bias}, a constant that its checkpoints add to the logits, must be zero, as
 * it is in all of them.
 */
public final class BartFamily implements Family {
  private static final String HEAD = "lm_head";
  private static final String SHARED = "model.shared.weight";

  /** Rows of the position table before the first position's. */
  private static final int OFFSET = 2;

  private static final double EPSILON = 1e-5;

  @Override
  public String modelType() {
    return "bart";
  }

  @Override
  public List<Task> tasks() {
    return List.of(Task.SEQ_2_SEQ_LM);
  }

  @Override
  public ModelArchitecture describe(ConfigFields fields, TaskHead task) {
    fields.alias("hidden_size", "d_model");
    fields.alias("num_attention_heads", "encoder_attention_heads");
    fields.alias("num_hidden_layers", "encoder_layers");
    fields.ignore("dropout", "attention_dropout", "activation_dropout", "classif_dropout");
    fields.ignore("encoder_layerdrop", "decoder_layerdrop", "gradient_checkpointing");
    // Early versions of transformers wrote these; what they say is the model's shape anyway.
    fields.ignore("extra_pos_embeddings", "save_step", "output_past");
    fields.ignore("force_bos_token_to_be_generated");
    fields.only("add_bias_logits", false);
    fields.only("add_final_layer_norm", false);
    fields.only("normalize_before", false);
    fields.only("normalize_embedding", true);
    fields.only("static_position_embeddings", false);
    fields.only("do_blenderbot_90_layernorm", false);
    int vocabulary = fields.count("vocab_size", 50_265);
    Shape shape = new Shape(fields, vocabulary);
    boolean tied = fields.flag("tie_word_embeddings", true);
    return new ModelArchitecture(
        new CheckpointNames(
            modelType(),
            "BartForConditionalGeneration",
            "model",
            Set.of("encoder.version", "decoder.version"),
            Map.of(),
            Set.of("final_logits_bias")),
        shape.positions,
        TokenFields.read(fields, OptionalInt.of(2)),
        Optional.of(shape.stack("encoder")),
        shape.stack("decoder"),
        HeadPart.Language.of(HEAD, shape.width, vocabulary, tied, shape.deviation));
  }

  private static final class Shape {
    private final ConfigFields fields;
    private final int vocabulary;
    private final int width;
    private final int positions;
    private final double multiplier;
    private final double deviation;
    private final Activation activation;
    private final OptionalInt padding;

    Shape(ConfigFields fields, int vocabulary) {
      this.fields = fields;
      this.vocabulary = vocabulary;
      width = fields.size("d_model", 1024);
      positions = fields.count("max_position_embeddings", 1024);
      multiplier = fields.flag("scale_embedding", false) ? Math.sqrt(width) : 1;
      deviation = fields.positiveNumber("init_std", 0.02);
      activation = ActivationField.read(fields, "activation_function", "gelu");
      padding = TokenFields.paddingRow(fields, vocabulary, OptionalInt.of(1));
    }

    StackPart stack(String side) {
      String name = "model." + side;
      int layers = fields.layers(side + "_layers", 12);
      int heads = fields.size(side + "_attention_heads", 16);
      int inner = fields.size(side + "_ffn_dim", 4096);
      fields.check(width % heads == 0, side + "_attention_heads", "a divisor of d_model " + width);
      boolean decoder = side.equals("decoder");
      return new StackPart(
          input(name, decoder),
          IntStream.range(0, layers)
              .mapToObj(i -> new Block(name + ".layers." + i, heads, inner).part(decoder))
              .toList(),
          Optional.empty(),
          Optional.empty());
    }

    private InputPart input(String name, boolean decoder) {
      EmbeddingPart tokens =
          EmbeddingPart.of(
                  name + ".embed_tokens", SiteRole.TOKEN_EMBEDDING, vocabulary, width, deviation)
              .withPadding(padding)
              .sharing(SHARED);
      EmbeddingPart places =
          EmbeddingPart.of(
              name + ".embed_positions",
              SiteRole.POSITION_EMBEDDING,
              (long) positions + OFFSET,
              width,
              deviation);
      InputPart input =
          InputPart.of(tokens)
              .withMultiplier(multiplier, false)
              .withPositions(new PositionPart(places, OFFSET, false))
              .withNorm(NormPart.layer(name + ".layernorm_embedding", width, EPSILON));
      return decoder ? input.withoutPrompt() : input;
    }

    /** A block of that name. */
    private final class Block {
      private final String name;
      private final int heads;
      private final int inner;

      Block(String name, int heads, int inner) {
        this.name = name;
        this.heads = heads;
        this.inner = inner;
      }

      BlockPart part(boolean decoder) {
        List<ResidualPart> sublayers = new ArrayList<>();
        sublayers.add(attention(".self_attn", AttentionPart.Source.SELF, decoder));
        if (decoder) {
          sublayers.add(attention(".encoder_attn", AttentionPart.Source.ENCODER, false));
        }
        MixerPart feedForward =
            new FeedForwardPart(
                activation,
                Optional.empty(),
                linear(".fc1", SiteRole.UP, width, inner),
                linear(".fc2", SiteRole.DOWN, inner, width));
        sublayers.add(sublayer(".final_layer_norm", feedForward, ".feed_forward"));
        return new BlockPart(name, sublayers);
      }

      private ResidualPart attention(String module, AttentionPart.Source source, boolean causal) {
        int headSize = width / heads;
        AttentionPart part =
            new AttentionPart(
                source,
                causal,
                OptionalInt.empty(),
                heads,
                heads,
                headSize,
                1 / Math.sqrt(headSize),
                OptionalDouble.empty(),
                new AttentionPart.Separate(
                    linear(module + ".q_proj", SiteRole.QUERY, width, width),
                    linear(module + ".k_proj", SiteRole.KEY, width, width),
                    linear(module + ".v_proj", SiteRole.VALUE, width, width)),
                Optional.empty(),
                Optional.empty(),
                new AttentionPart.NoPositions(),
                linear(module + ".out_proj", SiteRole.ATTENTION_OUTPUT, width, width),
                AttentionPart.prefix(name + module, heads, headSize));
        return sublayer(module + "_layer_norm", part, module);
      }

      private ResidualPart sublayer(String norm, MixerPart mixer, String place) {
        return ResidualPart.postNorm(
            NormPart.layer(name + norm, width, EPSILON),
            mixer,
            ResidualPart.place(name + place, width));
      }

      private LinearPart linear(String module, SiteRole role, long in, long out) {
        return LinearPart.of(name + module, role, in, out, true, deviation);
      }
    }
  }
}
