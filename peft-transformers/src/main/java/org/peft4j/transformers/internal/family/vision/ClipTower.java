package org.peft4j.transformers.internal.family.vision;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.peft4j.kernel.Activation;
import org.peft4j.site.SiteParameter;
import org.peft4j.site.SiteRole;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.BlockPart;
import org.peft4j.transformers.architecture.ConvolutionPart;
import org.peft4j.transformers.architecture.EmbeddingPart;
import org.peft4j.transformers.architecture.FeedForwardPart;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.InputPart;
import org.peft4j.transformers.architecture.LinearPart;
import org.peft4j.transformers.architecture.NormPart;
import org.peft4j.transformers.architecture.PatchInput;
import org.peft4j.transformers.architecture.PositionPart;
import org.peft4j.transformers.architecture.ResidualPart;
import org.peft4j.transformers.architecture.StackInput;
import org.peft4j.transformers.architecture.StackPart;
import org.peft4j.transformers.config.SpecialTokens;
import org.peft4j.transformers.internal.family.ActivationField;
import org.peft4j.transformers.internal.family.ConfigFields;
import org.peft4j.transformers.internal.family.TokenFields;

/**
 * One of CLIP's two transformers: pre-norm blocks over learnt positions.
 *
 * @param pictures empty for texts
 * @param former what stood before all names in transformers 4; empty if nothing changed
 */
record ClipTower(
    Optional<VisionSizes> pictures,
    String prefix,
    Optional<String> former,
    int width,
    int heads,
    int inner,
    int layers,
    Activation activation,
    double epsilon,
    double range,
    double factor,
    int vocabulary,
    int textPositions,
    OptionalInt endOfText) {

  static ClipTower text(ConfigFields fields, String prefix, Optional<String> former) {
    int width = fields.size("hidden_size", 512);
    int heads = fields.size("num_attention_heads", 8);
    fields.check(width % heads == 0, "num_attention_heads", "a divisor of hidden_size " + width);
    List<Integer> ends = fields.tokens("eos_token_id");
    fields.check(ends.size() < 2, "eos_token_id", "one token");
    boolean given = fields.has("eos_token_id");
    return of(
        fields,
        Optional.empty(),
        prefix,
        former,
        width,
        heads,
        fields.size("intermediate_size", 2048),
        fields.count("vocab_size", 49408),
        fields.count("max_position_embeddings", 77),
        given ? ends.stream().mapToInt(id -> id).findFirst() : OptionalInt.of(49407));
  }

  static ClipTower pictures(ConfigFields fields, String prefix, Optional<String> former) {
    fields.check(
        !fields.has("image_size") || fields.isNumber("image_size", 1),
        "image_size",
        "a number: pictures are square");
    fields.check(
        !fields.has("patch_size") || fields.isNumber("patch_size", 1),
        "patch_size",
        "a number: patches are square");
    VisionSizes sizes = VisionSizes.read(fields, 32);
    return of(
        fields,
        Optional.of(sizes),
        prefix,
        former,
        sizes.width(),
        sizes.heads(),
        sizes.inner(),
        1,
        1,
        OptionalInt.empty());
  }

  private static ClipTower of(
      ConfigFields fields,
      Optional<VisionSizes> pictures,
      String prefix,
      Optional<String> former,
      int width,
      int heads,
      int inner,
      int vocabulary,
      int textPositions,
      OptionalInt endOfText) {
    fields.ignore("attention_dropout", "dropout", "gradient_checkpointing");
    return new ClipTower(
        pictures,
        prefix,
        former,
        width,
        heads,
        inner,
        fields.layers("num_hidden_layers", 12),
        ActivationField.read(fields, "hidden_act", "quick_gelu"),
        fields.positiveNumber("layer_norm_eps", 1e-5),
        fields.positiveNumber("initializer_range", 0.02),
        fields.positiveNumber("initializer_factor", 1),
        vocabulary,
        textPositions,
        endOfText);
  }

  SpecialTokens tokens(ConfigFields fields) {
    return TokenFields.read(fields);
  }

  /** The longest input. */
  int positions() {
    return pictures.map(sizes -> sizes.patches() + 1).orElse(textPositions);
  }

  StackPart stack() {
    return new StackPart(
        pictures.<StackInput>map(this::patches).orElseGet(this::words),
        IntStream.range(0, layers).mapToObj(this::block).toList(),
        pictures.isPresent() ? Optional.empty() : Optional.of(norm("final_layer_norm")),
        Optional.empty());
  }

  /**
   * What makes a vector of the hidden states.
   *
   * @param projected its width; empty without a projection
   */
  HeadPart.Vector vector(Optional<Integer> projected) {
    boolean text = pictures.isEmpty();
    return new HeadPart.Vector(
        text ? "text_embeds" : "image_embeds",
        endOfText,
        text ? Optional.empty() : Optional.of(norm("post_layernorm")),
        projected.map(
            outputs ->
                LinearPart.of(
                    text ? "text_projection" : "visual_projection",
                    SiteRole.OTHER,
                    width,
                    outputs,
                    false,
                    factor / Math.sqrt(width))));
  }

  private InputPart words() {
    String name = prefix + "embeddings.";
    EmbeddingPart table =
        EmbeddingPart.of(
            name + "token_embedding", SiteRole.TOKEN_EMBEDDING, vocabulary, width, 0.02 * factor);
    return InputPart.of(former(table))
        .withoutPrompt()
        .withPositions(PositionPart.of(places(textPositions, 0.02 * factor)));
  }

  private EmbeddingPart places(int rows, double deviation) {
    String name = prefix + "embeddings.position_embedding";
    return former(EmbeddingPart.of(name, SiteRole.POSITION_EMBEDDING, rows, width, deviation));
  }

  private PatchInput patches(VisionSizes sizes) {
    String name = prefix + "embeddings";
    PatchInput.Learnt learnt =
        PatchInput.Learnt.of(
            name,
            List.of(SiteParameter.weight("class_embedding", width)),
            factor / Math.sqrt(width));
    ConvolutionPart patches =
        ConvolutionPart.of(
            name + ".patch_embedding",
            sizes.channels(),
            width,
            sizes.patchHeight(),
            sizes.patchWidth(),
            false,
            range * factor);
    return new PatchInput(
        former.map(f -> patches.formerly(f + patches.site().name())).orElse(patches),
        former.map(f -> learnt.formerly(f + name)).orElse(learnt),
        List.of("class_embedding"),
        Optional.of(places(sizes.patches() + 1, range * factor)),
        Optional.of(norm("pre_layrnorm")),
        sizes.imageHeight(),
        sizes.imageWidth());
  }

  private BlockPart block(int index) {
    String name = prefix + "encoder.layers." + index;
    String self = name + ".self_attn";
    double inward = factor / Math.sqrt(width) / Math.sqrt(2.0 * layers);
    AttentionPart.Separate projections =
        new AttentionPart.Separate(
            linear(self + ".q_proj", SiteRole.QUERY, width, width, inward),
            linear(self + ".k_proj", SiteRole.KEY, width, width, inward),
            linear(self + ".v_proj", SiteRole.VALUE, width, width, inward));
    LinearPart output =
        linear(
            self + ".out_proj", SiteRole.ATTENTION_OUTPUT, width, width, factor / Math.sqrt(width));
    AttentionPart.Positions none = new AttentionPart.NoPositions();
    AttentionPart attention =
        pictures.isPresent()
            ? AttentionPart.full(self, heads, width / heads, projections, none, output)
            : AttentionPart.causal(self, heads, heads, width / heads, projections, none, output);
    FeedForwardPart mlp =
        new FeedForwardPart(
            activation,
            Optional.empty(),
            linear(name + ".mlp.fc1", SiteRole.UP, width, inner, factor / Math.sqrt(2.0 * width)),
            linear(name + ".mlp.fc2", SiteRole.DOWN, inner, width, inward));
    return new BlockPart(
        name,
        List.of(
            ResidualPart.preNorm(
                norm("encoder.layers." + index + ".layer_norm1"),
                attention,
                ResidualPart.place(self, width)),
            ResidualPart.preNorm(
                norm("encoder.layers." + index + ".layer_norm2"),
                mlp,
                ResidualPart.place(name + ".mlp", width))));
  }

  private LinearPart linear(String name, SiteRole role, long in, long out, double deviation) {
    LinearPart part = LinearPart.of(name, role, in, out, true, deviation);
    return former.map(f -> part.formerly(f + name)).orElse(part);
  }

  private NormPart norm(String path) {
    NormPart part = NormPart.layer(prefix + path, width, epsilon);
    return former.map(f -> part.formerly(f + prefix + path)).orElse(part);
  }

  private EmbeddingPart former(EmbeddingPart part) {
    return former.map(f -> part.formerly(f + part.site().name())).orElse(part);
  }
}
