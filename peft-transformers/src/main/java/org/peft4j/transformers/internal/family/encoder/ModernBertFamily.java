package org.peft4j.transformers.internal.family.encoder;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import org.peft4j.kernel.Activation;
import org.peft4j.site.SiteRole;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.BlockPart;
import org.peft4j.transformers.architecture.BranchPart;
import org.peft4j.transformers.architecture.CheckpointNames;
import org.peft4j.transformers.architecture.DensePart;
import org.peft4j.transformers.architecture.FeedForwardPart;
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
import org.peft4j.transformers.internal.family.ConfigFields;
import org.peft4j.transformers.internal.family.Dimensions;
import org.peft4j.transformers.internal.family.Family;
import org.peft4j.transformers.internal.family.LayerTypes;
import org.peft4j.transformers.internal.family.RotaryFields;
import org.peft4j.transformers.internal.family.TokenFields;

/**
 * ModernBERT (Warner et al., 2024): pre-norm blocks with rotary positions and gated feed-forward
 * parts. Two blocks of three see a window on both sides only, and have a rotary base of their own.
 * The first block has no norm before its attention: that of the embeddings comes before it.
 *
 * <p>Every head has the dense layer that predicted tokens in pretraining: a checkpoint's own, if it
 * has one.
 */
public final class ModernBertFamily implements Family {
  private static final String BODY = "model";
  private static final double GLOBAL_THETA = 160_000;
  private static final double LOCAL_THETA = 10_000;

  @Override
  public String modelType() {
    return "modernbert";
  }

  @Override
  public List<Task> tasks() {
    return EncoderTasks.ALL;
  }

  @Override
  public ModelArchitecture describe(ConfigFields fields, TaskHead task) {
    fields.ignore("attention_dropout", "embedding_dropout", "mlp_dropout", "cls_token_id");
    fields.ignore("initializer_cutoff_factor", "gradient_checkpointing", "reference_compile");
    fields.ignore("deterministic_flash_attn", "repad_logits_with_grad");
    // Of the language model's head.
    fields.ignore("decoder_bias", "sparse_prediction", "sparse_pred_ignore_index");
    fields.ignore("tie_word_embeddings");
    // Written beside norm_eps and rotary settings by the first versions, and read by none.
    fields.ignore("layer_norm_eps", "position_embedding_type");
    int maxPositions = fields.count("max_position_embeddings", 8192);
    String prefix = EncoderTasks.prefix(task, BODY);
    Shape shape = new Shape(fields, prefix, maxPositions);
    return new ModelArchitecture(
        new CheckpointNames(
            modelType(), task.className("ModernBert", "ForMaskedLM"), BODY, Set.of()),
        maxPositions,
        TokenFields.read(fields),
        Optional.empty(),
        shape.stack(fields),
        shape.head(fields, task));
  }

  private static final class Shape {
    private final String prefix;
    private final int layers;
    private final Dimensions sizes;
    private final int inner;
    private final double epsilon;
    private final boolean normBias;
    private final boolean attentionBias;
    private final boolean mlpBias;
    private final Activation activation;
    private final LayerTypes types;
    private final OptionalInt window;
    private final AttentionPart.Positions global;
    private final AttentionPart.Positions local;

    Shape(ConfigFields fields, String prefix, int maxPositions) {
      this.prefix = prefix;
      layers = fields.layers("num_hidden_layers");
      sizes = Dimensions.of(fields, "hidden_size", "num_attention_heads");
      int size = sizes.headSize();
      fields.check(
          size % 2 == 0,
          "hidden_size",
          "a multiple of twice num_attention_heads " + sizes.heads() + ", because pairs rotate");
      fields.only("head_dim", size);
      inner = fields.size("intermediate_size");
      epsilon = fields.positiveNumber("norm_eps", 1e-5);
      normBias = fields.flag("norm_bias", false);
      attentionBias = fields.flag("attention_bias", false);
      mlpBias = fields.flag("mlp_bias", false);
      activation = ActivationField.read(fields, "hidden_activation", "gelu");
      int every = fields.count("global_attn_every_n_layers", 3);
      types = LayerTypes.read(fields, layers, true, "", index -> index % every != 0);
      // Half of it lies on either side; the query's own position counts on both.
      window = OptionalInt.of(fields.count("local_attention", 128) / 2 + 1);
      RotaryFields.Layered rotary = RotaryFields.layered(fields, maxPositions, size, true);
      global =
          new AttentionPart.RotaryPositions(
              rotary.read("full_attention", "global_rope_theta", GLOBAL_THETA), size);
      local =
          new AttentionPart.RotaryPositions(
              rotary.read("sliding_attention", "local_rope_theta", LOCAL_THETA), size);
    }

    StackPart stack(ConfigFields fields) {
      int vocabulary = fields.count("vocab_size");
      InputPart input =
          InputPart.of(
                  sizes
                      .tokens(prefix + "embeddings.tok_embeddings", vocabulary)
                      .withPadding(
                          TokenFields.paddingRow(fields, vocabulary, OptionalInt.of(50_283))))
              .withNorm(norm(prefix + "embeddings.norm"));
      return new StackPart(
          input,
          IntStream.range(0, layers).mapToObj(this::block).toList(),
          Optional.of(norm(prefix + "final_norm")),
          Optional.empty());
    }

    private BlockPart block(int index) {
      String name = prefix + "layers." + index;
      Optional<NormPart> before =
          index == 0 ? Optional.empty() : Optional.of(norm(name + ".attn_norm"));
      return new BlockPart(
          name,
          List.of(
              new ResidualPart(
                  before,
                  List.of(
                      new BranchPart(
                          Optional.empty(),
                          attention(name + ".attn", index),
                          Optional.empty(),
                          sizes.place(name + ".attn"))),
                  Optional.empty()),
              ResidualPart.preNorm(
                  norm(name + ".mlp_norm"),
                  FeedForwardPart.fusedGate(
                      activation,
                      sizes.linear(
                          name + ".mlp.Wi", SiteRole.UP, sizes.width(), 2L * inner, mlpBias),
                      output(name + ".mlp.Wo", SiteRole.DOWN, inner, mlpBias)),
                  sizes.place(name + ".mlp"))));
    }

    private AttentionPart attention(String name, int index) {
      return AttentionPart.full(
              name,
              sizes.heads(),
              sizes.headSize(),
              sizes.fused(name + ".Wqkv", AttentionPart.Layout.THIRDS, attentionBias),
              types.slides(index) ? local : global,
              output(name + ".Wo", SiteRole.ATTENTION_OUTPUT, sizes.width(), attentionBias))
          .withWindow(types.window(index, window));
    }

    /** A map to hidden states; new ones are smaller in a deeper model. */
    private LinearPart output(String name, SiteRole role, long in, boolean bias) {
      double deviation = sizes.deviation() / Math.sqrt(2.0 * layers);
      return LinearPart.of(name, role, in, sizes.width(), bias, deviation);
    }

    private NormPart norm(String name) {
      return NormPart.layer(name, sizes.width(), epsilon, normBias);
    }

    HeadPart head(ConfigFields fields, TaskHead task) {
      boolean bias = fields.flag("classifier_bias", false);
      Activation f = ActivationField.read(fields, "classifier_activation", "gelu");
      String pooling = fields.text("classifier_pooling", "cls");
      fields.check(pooling.matches("cls|mean"), "classifier_pooling", "cls, mean");
      List<DensePart> dense =
          List.of(
              new DensePart(
                  output("head.dense", SiteRole.OTHER, sizes.width(), bias),
                  f,
                  Optional.of(norm("head.norm"))));
      return switch (task.task()) {
        case SEQ_CLS ->
            new HeadPart.Sequence(
                pooling.equals("mean") ? HeadPart.Position.MEAN : HeadPart.Position.FIRST,
                dense,
                classifier(task.requireLabels().size()),
                task.requireLabels(),
                task.problem());
        case TOKEN_CLS ->
            new HeadPart.Tokens(
                dense, classifier(task.requireLabels().size()), task.requireLabels());
        case QUESTION_ANS -> new HeadPart.Span(dense, classifier(2));
        default -> new HeadPart.Features(Optional.empty());
      };
    }

    private LinearPart classifier(long outputs) {
      return HeadPart.output(
          "classifier", sizes.width(), outputs, true, 1 / Math.sqrt(sizes.width()));
    }
  }
}
