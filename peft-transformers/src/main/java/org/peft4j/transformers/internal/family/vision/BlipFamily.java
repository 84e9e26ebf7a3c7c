package org.peft4j.transformers.internal.family.vision;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import org.peft4j.kernel.Activation;
import org.peft4j.site.SiteParameter;
import org.peft4j.site.SiteRole;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.BlockPart;
import org.peft4j.transformers.architecture.CheckpointNames;
import org.peft4j.transformers.architecture.ConvolutionPart;
import org.peft4j.transformers.architecture.DensePart;
import org.peft4j.transformers.architecture.EmbeddingPart;
import org.peft4j.transformers.architecture.FeedForwardPart;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.InputPart;
import org.peft4j.transformers.architecture.LinearPart;
import org.peft4j.transformers.architecture.MixerPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.NormPart;
import org.peft4j.transformers.architecture.PatchInput;
import org.peft4j.transformers.architecture.PositionPart;
import org.peft4j.transformers.architecture.ResidualPart;
import org.peft4j.transformers.architecture.StackPart;
import org.peft4j.transformers.config.SpecialTokens;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.internal.family.ActivationField;
import org.peft4j.transformers.internal.family.CommonFields;
import org.peft4j.transformers.internal.family.ConfigFields;
import org.peft4j.transformers.internal.family.Family;
import org.peft4j.transformers.internal.family.TokenFields;

/**
 * BLIP (Li et al., 2022) that writes captions: a vision transformer with one map to queries, keys
 * and values, and BERT as a causal decoder that reads it. The head has BERT's dense layer, and the
 * table of tokens for its matrix.
 */
public final class BlipFamily implements Family {
  private static final String HEAD = "text_decoder.cls.predictions.";

  @Override
  public String modelType() {
    return "blip";
  }

  @Override
  public List<Task> tasks() {
    return List.of(Task.IMAGE_TO_TEXT);
  }

  @Override
  public ModelArchitecture describe(ConfigFields fields, TaskHead task) {
    List<String> classes = fields.texts("architectures");
    fields.check(
        classes.isEmpty() || classes.contains("BlipForConditionalGeneration"),
        "architectures",
        "BlipForConditionalGeneration");
    // Of the classes that compare texts and pictures; the two parts have their own ranges.
    fields.ignore(
        "image_text_hidden_size", "projection_dim", "logit_scale_init_value", "label_smoothing");
    fields.ignore("initializer_factor", "initializer_range");
    fields.only("tie_word_embeddings", true);
    ConfigFields text = part(fields, "text_config");
    ConfigFields vision = part(fields, "vision_config");
    StackPart encoder = new Vision(vision).stack();
    Text decoder = new Text(text, Math.toIntExact(encoder.input().width()));
    return new ModelArchitecture(
        new CheckpointNames(
            modelType(),
            "BlipForConditionalGeneration",
            "blip",
            Set.of("text_decoder.bert.embeddings.position_ids"),
            Map.of(HEAD + "decoder.bias", HEAD + "bias"),
            Optional.empty()),
        decoder.positions,
        decoder.tokens(text),
        Optional.of(encoder),
        decoder.stack(),
        decoder.head());
  }

  private static ConfigFields part(ConfigFields fields, String name) {
    ConfigFields part = fields.object(name);
    CommonFields.read(part);
    part.ignore("model_type", "projection_dim", "attention_dropout", "dropout");
    part.ignore("initializer_factor", "gradient_checkpointing");
    part.only("is_encoder_decoder", false);
    return part;
  }

  private static final class Vision {
    private static final String NAME = "vision_model.";

    private final VisionSizes sizes;
    private final int layers;
    private final Activation activation;
    private final double epsilon;

    Vision(ConfigFields fields) {
      fields.only("num_channels", 3);
      fields.only("tie_word_embeddings", true);
      for (String name : List.of("image_size", "patch_size")) {
        fields.check(
            !fields.has(name) || fields.isNumber(name, 1), name, "a number: pictures are square");
      }
      sizes = VisionSizes.read(fields, 16, 384, 1e-10);
      layers = fields.layers("num_hidden_layers", 12);
      activation = ActivationField.read(fields, "hidden_act", "gelu");
      epsilon = fields.positiveNumber("layer_norm_eps", 1e-5);
    }

    StackPart stack() {
      String name = NAME + "embeddings";
      int width = sizes.width();
      PatchInput input =
          new PatchInput(
              ConvolutionPart.of(
                  name + ".patch_embedding",
                  3,
                  width,
                  sizes.patchHeight(),
                  sizes.patchWidth(),
                  true,
                  sizes.deviation()),
              PatchInput.Learnt.of(
                  name,
                  List.of(
                      SiteParameter.weight("class_embedding", 1, 1, width),
                      SiteParameter.weight("position_embedding", 1, sizes.patches() + 1, width)),
                  sizes.deviation()),
              List.of("class_embedding"),
              Optional.empty(),
              Optional.empty(),
              sizes.imageHeight(),
              sizes.imageWidth());
      return new StackPart(
          input,
          IntStream.range(0, layers).mapToObj(this::block).toList(),
          Optional.of(NormPart.layer(NAME + "post_layernorm", width, epsilon)),
          Optional.empty());
    }

    private BlockPart block(int index) {
      String name = NAME + "encoder.layers." + index;
      String self = name + ".self_attn";
      int width = sizes.width();
      AttentionPart attention =
          AttentionPart.full(
              self,
              sizes.heads(),
              width / sizes.heads(),
              new AttentionPart.Fused(
                  linear(self + ".qkv", SiteRole.QUERY_KEY_VALUE, width, 3L * width),
                  AttentionPart.Layout.THIRDS),
              new AttentionPart.NoPositions(),
              linear(self + ".projection", SiteRole.ATTENTION_OUTPUT, width, width));
      FeedForwardPart mlp =
          new FeedForwardPart(
              activation,
              Optional.empty(),
              linear(name + ".mlp.fc1", SiteRole.UP, width, sizes.inner()),
              linear(name + ".mlp.fc2", SiteRole.DOWN, sizes.inner(), width));
      return new BlockPart(
          name,
          List.of(
              ResidualPart.preNorm(
                  NormPart.layer(name + ".layer_norm1", width, epsilon),
                  attention,
                  ResidualPart.place(self, width)),
              ResidualPart.preNorm(
                  NormPart.layer(name + ".layer_norm2", width, epsilon),
                  mlp,
                  ResidualPart.place(name + ".mlp", width))));
    }

    private LinearPart linear(String name, SiteRole role, long in, long out) {
      return LinearPart.of(name, role, in, out, true, sizes.deviation());
    }
  }

  private static final class Text {
    private static final String NAME = "text_decoder.bert.";

    private final int width;
    private final int encoderWidth;
    private final int heads;
    private final int inner;
    private final int layers;
    private final int vocabulary;
    private final int positions;
    private final Activation activation;
    private final double epsilon;
    private final double deviation;
    private final double smoothing;
    private final OptionalInt padding;

    Text(ConfigFields fields, int encoded) {
      fields.ignore("hidden_dropout_prob", "attention_probs_dropout_prob");
      fields.only("is_decoder", true);
      fields.only("tie_word_embeddings", true);
      width = fields.size("hidden_size", 768);
      encoderWidth = fields.size("encoder_hidden_size", 768);
      fields.check(
          encoderWidth == encoded, "encoder_hidden_size", "that of the vision model, " + encoded);
      heads = fields.size("num_attention_heads", 8);
      fields.check(width % heads == 0, "num_attention_heads", "a divisor of hidden_size " + width);
      inner = fields.size("intermediate_size", 3072);
      layers = fields.layers("num_hidden_layers", 12);
      vocabulary = fields.count("vocab_size", 30524);
      positions = fields.count("max_position_embeddings", 512);
      activation = ActivationField.read(fields, "hidden_act", "gelu");
      epsilon = fields.positiveNumber("layer_norm_eps", 1e-12);
      deviation = fields.positiveNumber("initializer_range", 0.02);
      smoothing = fields.isNumber("label_smoothing", 0) ? fields.number("label_smoothing") : 0;
      fields.check(smoothing < 1, "label_smoothing", "a number from 0 to below 1");
      padding = TokenFields.paddingRow(fields, vocabulary, OptionalInt.of(0));
    }

    /** A caption begins with {@code bos_token_id} and ends with {@code sep_token_id}. */
    SpecialTokens tokens(ConfigFields fields) {
      return new SpecialTokens(
          fields.has("bos_token_id") ? fields.token("bos_token_id") : OptionalInt.of(30522),
          fields.has("sep_token_id") ? fields.tokens("sep_token_id") : List.of(102),
          padding,
          OptionalInt.empty());
    }

    StackPart stack() {
      String name = NAME + "embeddings.";
      InputPart input =
          InputPart.of(
                  EmbeddingPart.of(
                          name + "word_embeddings",
                          SiteRole.TOKEN_EMBEDDING,
                          vocabulary,
                          width,
                          deviation)
                      .withPadding(padding))
              .withoutPrompt()
              .withPositions(
                  PositionPart.of(
                      EmbeddingPart.of(
                          name + "position_embeddings",
                          SiteRole.POSITION_EMBEDDING,
                          positions,
                          width,
                          deviation)))
              .withNorm(norm(name + "LayerNorm"));
      return new StackPart(
          input,
          IntStream.range(0, layers).mapToObj(this::block).toList(),
          Optional.empty(),
          Optional.empty());
    }

    private BlockPart block(int index) {
      String name = NAME + "encoder.layer." + index;
      List<ResidualPart> sublayers = new ArrayList<>();
      sublayers.add(attention(name + ".attention", AttentionPart.Source.SELF));
      sublayers.add(attention(name + ".crossattention", AttentionPart.Source.ENCODER));
      FeedForwardPart feedForward =
          new FeedForwardPart(
              activation,
              Optional.empty(),
              linear(name + ".intermediate.dense", SiteRole.UP, width, inner),
              linear(name + ".output.dense", SiteRole.DOWN, inner, width));
      sublayers.add(postNorm(feedForward, name + ".feed_forward", name + ".output.LayerNorm"));
      return new BlockPart(name, sublayers);
    }

    private ResidualPart attention(String name, AttentionPart.Source source) {
      boolean own = source == AttentionPart.Source.SELF;
      long read = own ? width : encoderWidth;
      String self = name + ".self";
      int size = width / heads;
      AttentionPart part =
          new AttentionPart(
              source,
              own,
              OptionalInt.empty(),
              heads,
              heads,
              size,
              1 / Math.sqrt(size),
              OptionalDouble.empty(),
              new AttentionPart.Separate(
                  linear(self + ".query", SiteRole.QUERY, width, width),
                  linear(self + ".key", SiteRole.KEY, read, width),
                  linear(self + ".value", SiteRole.VALUE, read, width)),
              Optional.empty(),
              Optional.empty(),
              new AttentionPart.NoPositions(),
              linear(name + ".output.dense", SiteRole.ATTENTION_OUTPUT, width, width),
              own
                  ? AttentionPart.decoderPrefix(self, heads, size)
                  : AttentionPart.prefix(self, heads, size));
      return postNorm(part, name, name + ".output.LayerNorm");
    }

    private ResidualPart postNorm(MixerPart mixer, String place, String norm) {
      return ResidualPart.postNorm(norm(norm), mixer, ResidualPart.place(place, width));
    }

    HeadPart head() {
      DensePart transform =
          new DensePart(
              linear(HEAD + "transform.dense", SiteRole.OTHER, width, width),
              activation,
              Optional.of(norm(HEAD + "transform.LayerNorm")));
      return new HeadPart.Language(
          HeadPart.output(HEAD + "decoder", width, vocabulary, true, deviation),
          true,
          1,
          OptionalDouble.empty(),
          Optional.empty(),
          List.of(transform),
          smoothing);
    }

    private LinearPart linear(String name, SiteRole role, long in, long out) {
      return LinearPart.of(name, role, in, out, true, deviation);
    }

    private NormPart norm(String name) {
      return NormPart.layer(name, width, epsilon);
    }
  }
}
