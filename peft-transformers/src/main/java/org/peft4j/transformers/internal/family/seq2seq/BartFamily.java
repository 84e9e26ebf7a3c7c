package org.peft4j.transformers.internal.family.seq2seq;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import org.peft4j.kernel.Activation;
import org.peft4j.site.Site;
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
import org.peft4j.transformers.internal.family.ConfigFields;
import org.peft4j.transformers.internal.family.Family;
import org.peft4j.transformers.internal.family.TokenFields;

/**
 * BART and the families that are built like it: an encoder and a decoder whose positions count from
 * the left edge on, padding included.
 *
 * <table>
 * <caption>What differs</caption>
 * <tr><th></th><th>norms</th><th>positions</th><th>norm of the embeddings</th></tr>
 * <tr><td>BART (Lewis et al., 2020)</td><td>after the sub-layers</td><td>learnt</td><td>yes</td></tr>
 * <tr><td>mBART (Liu et al., 2020)</td><td>before, and at the end</td><td>learnt</td><td>yes</td></tr>
 * <tr><td>Marian (Junczys-Dowmunt et al., 2018)</td><td>after</td><td>sinusoids</td><td>no</td></tr>
 * <tr><td>Pegasus (Zhang et al., 2020)</td><td>before, and at the end</td><td>sinusoids</td><td>no</td></tr>
 * </table>
 *
 * <p>{@code final_logits_bias} is added to the logits. Marian may have a vocabulary for each side
 * ({@code share_encoder_decoder_embeddings}).
 */
public enum BartFamily implements Family {
  BART("bart", "Bart", "ForConditionalGeneration", 50_265, 1, OptionalInt.of(2)),
  MBART("mbart", "MBart", "ForConditionalGeneration", 50_265, 1, OptionalInt.empty()),
  MARIAN("marian", "Marian", "MTModel", 58_101, 58_100, OptionalInt.of(58_100)),
  PEGASUS("pegasus", "Pegasus", "ForConditionalGeneration", 50_265, 0, OptionalInt.of(0));

  private static final String HEAD = "lm_head";
  private static final String SHARED = "model.shared.weight";
  private static final String CONSTANTS = "final_logits_bias";

  /** Rows of the table of learnt positions before the first position's. */
  private static final int OFFSET = 2;

  private static final double EPSILON = 1e-5;

  private final String modelType;
  private final String name;
  private final String languageModel;
  private final int vocabulary;
  private final int padding;
  private final OptionalInt decoderStart;

  /** The last three are the defaults of the config. */
  BartFamily(
      String modelType,
      String name,
      String languageModel,
      int vocabulary,
      int padding,
      OptionalInt decoderStart) {
    this.modelType = modelType;
    this.name = name;
    this.languageModel = languageModel;
    this.vocabulary = vocabulary;
    this.padding = padding;
    this.decoderStart = decoderStart;
  }

  private boolean normsBefore() {
    return this == MBART || this == PEGASUS;
  }

  /** {@code eos_token_id} of a config that does not say it. */
  private int end() {
    return switch (this) {
      case MARIAN -> 0;
      case PEGASUS -> 1;
      default -> 2;
    };
  }

  private boolean sinusoids() {
    return this == MARIAN || this == PEGASUS;
  }

  @Override
  public String modelType() {
    return modelType;
  }

  @Override
  public List<Task> tasks() {
    return sinusoids()
        ? List.of(Task.SEQ_2_SEQ_LM)
        : List.of(Task.SEQ_2_SEQ_LM, Task.SEQ_CLS, Task.QUESTION_ANS);
  }

  @Override
  public int labelCount() {
    return this == BART ? 3 : 2;
  }

  @Override
  public ModelArchitecture describe(ConfigFields fields, TaskHead task) {
    fields.alias("hidden_size", "d_model");
    fields.alias("num_attention_heads", "encoder_attention_heads");
    fields.alias("num_hidden_layers", "encoder_layers");
    fields.ignore("dropout", "attention_dropout", "activation_dropout", "classif_dropout");
    fields.ignore("encoder_layerdrop", "decoder_layerdrop", "gradient_checkpointing");
    readEarly(fields);
    int source = fields.count("vocab_size", vocabulary);
    boolean shared = this != MARIAN || fields.flag("share_encoder_decoder_embeddings", true);
    int target = this == MARIAN ? fields.count("decoder_vocab_size", source) : source;
    fields.check(
        !shared || target == source,
        "decoder_vocab_size",
        "vocab_size " + source + ", unless share_encoder_decoder_embeddings is false");
    Shape shape = new Shape(this, fields, shared);
    boolean tied = fields.flag("tie_word_embeddings", true);
    SpecialTokens tokens =
        TokenFields.read(fields, decoderStart, OptionalInt.of(padding)).endingWith(end());
    HeadPart.Language head =
        HeadPart.Language.of(HEAD, shape.width, target, tied, shape.deviation).adding(CONSTANTS);
    return new ModelArchitecture(
        new CheckpointNames(
            modelType,
            task.className(name, languageModel),
            "model",
            Set.of(SHARED, "encoder.version", "decoder.version")),
        shape.positions,
        this == MBART ? tokens.beginningWithLast() : tokens,
        Optional.of(shape.stack("encoder", source)),
        shape.stack("decoder", target),
        new DecoderHeads(shape.width, shape.deviation).of(task, head));
  }

  /** Early versions of transformers wrote these; what they say is the model's shape anyway. */
  private void readEarly(ConfigFields fields) {
    fields.ignore("extra_pos_embeddings", "save_step", "output_past");
    fields.ignore("force_bos_token_to_be_generated");
    fields.only("add_bias_logits", false);
    fields.only("add_final_layer_norm", normsBefore());
    fields.only("normalize_before", normsBefore());
    fields.only("normalize_embedding", !sinusoids());
    fields.only("static_position_embeddings", sinusoids());
    fields.only("do_blenderbot_90_layernorm", false);
  }

  private static final class Shape {
    private final BartFamily family;
    private final ConfigFields fields;
    private final boolean shared;
    private final int width;
    private final int positions;
    private final double multiplier;
    private final double deviation;
    private final Activation activation;

    Shape(BartFamily family, ConfigFields fields, boolean shared) {
      this.family = family;
      this.fields = fields;
      this.shared = shared;
      width = fields.size("d_model", 1024);
      positions = fields.count("max_position_embeddings", 1024);
      multiplier = fields.flag("scale_embedding", false) ? Math.sqrt(width) : 1;
      deviation = fields.positiveNumber("init_std", 0.02);
      activation = ActivationField.read(fields, "activation_function", "gelu");
    }

    StackPart stack(String side, int vocabulary) {
      String name = "model." + side;
      int layers = fields.layers(side + "_layers", 12);
      int heads = fields.size(side + "_attention_heads", 16);
      int inner = fields.size(side + "_ffn_dim", 4096);
      fields.check(width % heads == 0, side + "_attention_heads", "a divisor of d_model " + width);
      boolean decoder = side.equals("decoder");
      return new StackPart(
          input(name, vocabulary, decoder),
          IntStream.range(0, layers)
              .mapToObj(i -> new Block(name + ".layers." + i, heads, inner).part(decoder))
              .toList(),
          family.normsBefore() ? Optional.of(norm(name + ".layer_norm")) : Optional.empty(),
          Optional.empty());
    }

    private InputPart input(String name, int vocabulary, boolean decoder) {
      EmbeddingPart own =
          EmbeddingPart.of(
                  name + ".embed_tokens", SiteRole.TOKEN_EMBEDDING, vocabulary, width, deviation)
              .withPadding(
                  TokenFields.paddingRow(fields, vocabulary, OptionalInt.of(family.padding)));
      InputPart input =
          InputPart.of(shared ? own.sharing(SHARED) : own)
              .withMultiplier(multiplier, false)
              .withPositions(places(name + ".embed_positions"));
      if (!family.sinusoids()) {
        input = input.withNorm(norm(name + ".layernorm_embedding"));
      }
      return decoder ? input.withoutPrompt() : input;
    }

    private PositionPart places(String name) {
      if (family.sinusoids()) {
        return PositionPart.of(EmbeddingPart.sinusoids(name, positions, width));
      }
      EmbeddingPart learnt =
          EmbeddingPart.of(
              name, SiteRole.POSITION_EMBEDDING, (long) positions + OFFSET, width, deviation);
      return new PositionPart(learnt, OFFSET, false);
    }

    private NormPart norm(String name) {
      return NormPart.layer(name, width, EPSILON);
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
                causal
                    ? AttentionPart.decoderPrefix(name + module, heads, headSize)
                    : AttentionPart.prefix(name + module, heads, headSize));
        return sublayer(module + "_layer_norm", part, module);
      }

      private ResidualPart sublayer(String norm, MixerPart mixer, String place) {
        NormPart own = norm(name + norm);
        Site site = ResidualPart.place(name + place, width);
        return family.normsBefore()
            ? ResidualPart.preNorm(own, mixer, site)
            : ResidualPart.postNorm(own, mixer, site);
      }

      private LinearPart linear(String module, SiteRole role, long in, long out) {
        return LinearPart.of(name + module, role, in, out, true, deviation);
      }
    }
  }
}
