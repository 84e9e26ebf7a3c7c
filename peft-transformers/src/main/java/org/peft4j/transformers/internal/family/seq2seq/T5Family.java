package org.peft4j.transformers.internal.family.seq2seq;

import java.util.ArrayList;
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
import org.peft4j.transformers.architecture.CheckpointNames;
import org.peft4j.transformers.architecture.EmbeddingPart;
import org.peft4j.transformers.architecture.FeedForwardPart;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.InputPart;
import org.peft4j.transformers.architecture.LinearPart;
import org.peft4j.transformers.architecture.MixerPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.NormPart;
import org.peft4j.transformers.architecture.ResidualPart;
import org.peft4j.transformers.architecture.StackPart;
import org.peft4j.transformers.config.SpecialTokens;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.internal.family.ConfigFields;
import org.peft4j.transformers.internal.family.Family;
import org.peft4j.transformers.internal.family.TokenFields;

/**
 * T5, mT5 and UMT5 (Raffel et al., 2020; Xue et al., 2021; Chung et al., 2023): an encoder and a
 * decoder with root mean square norms, no biases, and a table of relative positions: one in the
 * first block of each, which all its blocks share, or in UMT5 one in every block. T5 1.1, Flan-T5
 * and T0 have gated feed-forward parts and a head of their own.
 *
 * <p>Without {@code tie_word_embeddings}, the head of mT5 is not tied and those of the others are,
 * as in their checkpoints; a config with the field decides itself, and a head that a file has
 * counts. (Hugging Face transformers 5 ties all whatever the config says, until it sees the file.)
 * T5 and UMT5 scale the head's input by 1/√width where the config ties it: transformers 5.18 does
 * so in every UMT5, which changes the logits of one whose config says that it is not tied.
 *
 * <p>Labels of tokens are the encoder's alone. Other heads are those of {@link DecoderHeads}. Under
 * labels, the names of the body begin with {@code transformer}.
 */
public record T5Family(String modelType, String className) implements Family {
  private static final String HEAD = "lm_head";

  /** {@code pad_token_id} and {@code eos_token_id} of a config that does not say them. */
  private static final int PADDING = 0;

  private static final int END = 1;

  private boolean is(String type) {
    return modelType.equals(type);
  }

  @Override
  public List<Task> tasks() {
    return List.of(Task.SEQ_2_SEQ_LM, Task.SEQ_CLS, Task.TOKEN_CLS, Task.QUESTION_ANS);
  }

  @Override
  public ModelArchitecture describe(ConfigFields fields, TaskHead task) {
    fields.alias("hidden_size", "d_model");
    fields.alias("num_attention_heads", "num_heads");
    fields.alias("num_hidden_layers", "num_layers");
    fields.alias("head_dim", "d_kv");
    fields.ignore("dropout_rate", "output_past");
    boolean multilingual = is("mt5");
    int layers = fields.layers("num_layers");
    int vocabulary = fields.count("vocab_size");
    Shape shape = new Shape(fields, is("t5") ? "relu" : "gated-gelu", is("umt5"), body(task));
    boolean tied = fields.flag("tie_word_embeddings", !multilingual);
    boolean scaled = tied && !multilingual;
    if (is("t5")) {
      scaled = fields.flag("scale_decoder_outputs", scaled);
    }
    HeadPart.Language head =
        HeadPart.Language.of(HEAD, shape.width, vocabulary, tied, shape.factor);
    HeadPart.Language language =
        new HeadPart.Language(
            head.linear(), tied, scaled ? 1 / Math.sqrt(shape.width) : 1, OptionalDouble.empty());
    CheckpointNames names =
        new CheckpointNames(
            modelType,
            task.className(className, "ForConditionalGeneration"),
            body(task),
            Set.of(shape.shared()));
    int positions = fields.count("n_positions", 512);
    SpecialTokens tokens =
        TokenFields.read(
                fields, is("t5") ? OptionalInt.empty() : OptionalInt.of(0), OptionalInt.of(PADDING))
            .endingWith(END);
    StackPart encoder = shape.stack("encoder", layers, vocabulary);
    int decoderLayers = fields.layers("num_decoder_layers", layers);
    if (task.task() == Task.TOKEN_CLS) {
      HeadPart tags =
          new HeadPart.Tokens(
              List.of(),
              HeadPart.output(
                  "classifier", shape.width, task.requireLabels().size(), true, shape.factor),
              task.requireLabels());
      return new ModelArchitecture(names, positions, tokens, Optional.empty(), encoder, tags);
    }
    return new ModelArchitecture(
        names,
        positions,
        tokens,
        Optional.of(encoder),
        shape.stack("decoder", decoderLayers, vocabulary),
        new DecoderHeads(shape.width, shape.factor / Math.sqrt(shape.width)).of(task, language));
  }

  /** The first segment of the names of all modules except the head, if they have one. */
  private static String body(TaskHead task) {
    return task.labels().isPresent() ? "transformer" : "";
  }

  private static final class Shape {
    private final String prefix;
    private final int width;
    private final int heads;
    private final int headSize;
    private final int inner;
    private final int buckets;
    private final int maxDistance;
    private final double epsilon;
    private final double factor;
    private final boolean gated;
    private final boolean tableInEachBlock;
    private final Activation activation;

    Shape(ConfigFields fields, String feedForward, boolean tableInEachBlock, String body) {
      prefix = body.isEmpty() ? "" : body + ".";
      this.tableInEachBlock = tableInEachBlock;
      width = fields.size("d_model");
      heads = fields.size("num_heads");
      headSize = fields.size("d_kv");
      fields.headSizes("d_kv", heads, headSize);
      inner = fields.size("d_ff");
      buckets = fields.size("relative_attention_num_buckets", 32);
      maxDistance = fields.count("relative_attention_max_distance", 128);
      epsilon = fields.positiveNumber("layer_norm_epsilon", 1e-6);
      factor = fields.positiveNumber("initializer_factor", 1);
      String projection = fields.text("feed_forward_proj", feedForward);
      gated = projection.startsWith("gated-");
      String name =
          projection
              .replaceFirst("^gated-", "")
              .replaceFirst("^gelu$", gated ? "gelu_new" : "gelu");
      // Made from feed_forward_proj, but what a file says goes before it.
      fields.only("is_gated_act", gated);
      fields.only("dense_act_fn", name);
      activation =
          switch (name) {
            case "relu" -> Activation.RELU;
            case "gelu" -> Activation.GELU;
            case "gelu_new" -> Activation.GELU_TANH;
            case "silu" -> Activation.SILU;
            default -> {
              fields.check(
                  false,
                  "feed_forward_proj",
                  "an activation: relu, gelu, gelu_new or silu; or a gated one, as in gated-gelu");
              yield Activation.RELU;
            }
          };
    }

    /** The key of the table that the stacks share. */
    String shared() {
      return prefix + "shared.weight";
    }

    StackPart stack(String side, int layers, int vocabulary) {
      boolean decoder = side.equals("decoder");
      String name = prefix + side;
      List<BlockPart> blocks =
          IntStream.range(0, layers)
              .mapToObj(i -> block(name + ".block." + i, decoder, positions(name, decoder, i)))
              .toList();
      EmbeddingPart tokens =
          EmbeddingPart.of(
                  name + ".embed_tokens", SiteRole.TOKEN_EMBEDDING, vocabulary, width, factor)
              .sharing(shared());
      InputPart input = InputPart.of(tokens);
      return new StackPart(
          decoder ? input.withoutPrompt() : input,
          blocks,
          Optional.of(norm(name + ".final_layer_norm")),
          Optional.empty());
    }

    private AttentionPart.Positions positions(String stack, boolean decoder, int block) {
      int owner = tableInEachBlock ? block : 0;
      String name = stack + ".block." + owner + ".layer.0.SelfAttention.relative_attention_bias";
      EmbeddingPart table =
          EmbeddingPart.of(name, SiteRole.OTHER, buckets, heads, factor / Math.sqrt(width));
      return new AttentionPart.RelativeBias(table, maxDistance, !decoder);
    }

    private BlockPart block(String name, boolean decoder, AttentionPart.Positions positions) {
      List<ResidualPart> sublayers = new ArrayList<>();
      String attention = name + ".layer.0";
      sublayers.add(
          sublayer(
              attention,
              ".SelfAttention",
              attention(attention + ".SelfAttention", false, decoder, positions)));
      if (decoder) {
        String cross = name + ".layer.1";
        sublayers.add(
            sublayer(
                cross,
                ".EncDecAttention",
                attention(
                    cross + ".EncDecAttention", true, false, new AttentionPart.NoPositions())));
      }
      String last = name + ".layer." + sublayers.size();
      sublayers.add(sublayer(last, ".DenseReluDense", feedForward(last + ".DenseReluDense")));
      return new BlockPart(name, sublayers);
    }

    private ResidualPart sublayer(String name, String module, MixerPart mixer) {
      return ResidualPart.preNorm(
          norm(name + ".layer_norm"), mixer, ResidualPart.place(name + module, width));
    }

    /** Scores are not divided by √headSize: the deviation of new queries is smaller instead. */
    private AttentionPart attention(
        String name, boolean cross, boolean causal, AttentionPart.Positions positions) {
      long all = (long) heads * headSize;
      double out = factor / Math.sqrt(width);
      return new AttentionPart(
          cross ? AttentionPart.Source.ENCODER : AttentionPart.Source.SELF,
          causal,
          OptionalInt.empty(),
          heads,
          heads,
          headSize,
          1,
          OptionalDouble.empty(),
          new AttentionPart.Separate(
              linear(name + ".q", SiteRole.QUERY, width, all, out / Math.sqrt(headSize)),
              linear(name + ".k", SiteRole.KEY, width, all, out),
              linear(name + ".v", SiteRole.VALUE, width, all, out)),
          Optional.empty(),
          Optional.empty(),
          positions,
          linear(name + ".o", SiteRole.ATTENTION_OUTPUT, all, width, factor / Math.sqrt(all)),
          causal
              ? AttentionPart.decoderPrefix(name, heads, headSize)
              : AttentionPart.prefix(name, heads, headSize));
    }

    private FeedForwardPart feedForward(String name) {
      double deviation = factor / Math.sqrt(width);
      return new FeedForwardPart(
          activation,
          gated
              ? Optional.of(linear(name + ".wi_0", SiteRole.GATE, width, inner, deviation))
              : Optional.empty(),
          linear(name + (gated ? ".wi_1" : ".wi"), SiteRole.UP, width, inner, deviation),
          linear(name + ".wo", SiteRole.DOWN, inner, width, factor / Math.sqrt(inner)));
    }

    private static LinearPart linear(
        String name, SiteRole role, long in, long out, double deviation) {
      return LinearPart.of(name, role, in, out, false, deviation);
    }

    private NormPart norm(String name) {
      return NormPart.rms(name, width, epsilon);
    }
  }
}
