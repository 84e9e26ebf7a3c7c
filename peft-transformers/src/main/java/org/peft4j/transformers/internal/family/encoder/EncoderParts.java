package org.peft4j.transformers.internal.family.encoder;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.peft4j.kernel.Activation;
import org.peft4j.site.SiteRole;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.DensePart;
import org.peft4j.transformers.architecture.EmbeddingPart;
import org.peft4j.transformers.architecture.FeedForwardPart;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.InputPart;
import org.peft4j.transformers.architecture.LinearPart;
import org.peft4j.transformers.architecture.MixerPart;
import org.peft4j.transformers.architecture.NormPart;
import org.peft4j.transformers.architecture.PositionPart;
import org.peft4j.transformers.architecture.ResidualPart;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.internal.family.ActivationField;
import org.peft4j.transformers.internal.family.ConfigFields;

/**
 * The parts of post-norm encoders, of these sizes.
 *
 * @param inner the width between the two maps of feed-forward parts
 * @param activation the function there
 * @param epsilon of layer norms
 * @param deviation of new weights
 */
record EncoderParts(
    int width, int heads, int inner, Activation activation, double epsilon, double deviation) {
  /**
   * Reads the sizes by BERT's names of fields.
   *
   * @param activation the function where the config names none
   */
  static EncoderParts read(ConfigFields fields, String activation) {
    fields.ignore("hidden_dropout_prob", "attention_probs_dropout_prob", "gradient_checkpointing");
    fields.ignore("tie_word_embeddings"); // Of the language model's head.
    int width = fields.size("hidden_size");
    int heads = fields.size("num_attention_heads");
    fields.check(width % heads == 0, "num_attention_heads", "a divisor of hidden_size " + width);
    return new EncoderParts(
        width,
        heads,
        fields.size("intermediate_size"),
        ActivationField.read(fields, "hidden_act", activation),
        fields.positiveNumber("layer_norm_eps", 1e-12),
        fields.positiveNumber("initializer_range", 0.02));
  }

  LinearPart linear(String name, SiteRole role, long in, long out) {
    return LinearPart.of(name, role, in, out, true, deviation);
  }

  EmbeddingPart table(String name, SiteRole role, long rows, long columns) {
    return EmbeddingPart.of(name, role, rows, columns, deviation);
  }

  NormPart norm(String name) {
    return NormPart.layer(name, width, epsilon);
  }

  /** Attention of all tokens to all, with scores q·k/√headSize. */
  AttentionPart attention(String name, AttentionPart.Separate projections, LinearPart output) {
    return attention(name, projections, new AttentionPart.NoPositions(), output);
  }

  /** The same with scores that depend on positions. */
  AttentionPart attention(
      String name,
      AttentionPart.Separate projections,
      AttentionPart.Positions positions,
      LinearPart output) {
    return AttentionPart.full(name, heads, width / heads, projections, positions, output);
  }

  /** The maps of these names. */
  AttentionPart.Separate separate(String query, String key, String value) {
    return new AttentionPart.Separate(
        linear(query, SiteRole.QUERY, width, width),
        linear(key, SiteRole.KEY, width, width),
        linear(value, SiteRole.VALUE, width, width));
  }

  /** {@code down(f(up(x)))} with maps of these names. */
  FeedForwardPart feedForward(String up, String down) {
    return new FeedForwardPart(
        activation,
        Optional.empty(),
        linear(up, SiteRole.UP, width, inner),
        linear(down, SiteRole.DOWN, inner, width));
  }

  /**
   * Embeddings of tokens and of learnt positions, both of which begin with {@code name}, and their
   * norm.
   *
   * @param columns the width of the tables
   * @param padding the token whose row has no gradient; empty for none
   * @param after whether only tokens that are not padding count, from the row behind that token's
   *     on
   */
  InputPart embeddings(
      ConfigFields fields, String name, int columns, OptionalInt padding, boolean after) {
    int positions = fields.count("max_position_embeddings", 512);
    EmbeddingPart places =
        table(name + "position_embeddings", SiteRole.POSITION_EMBEDDING, positions, columns);
    return InputPart.of(
            table(
                    name + "word_embeddings",
                    SiteRole.TOKEN_EMBEDDING,
                    fields.count("vocab_size"),
                    columns)
                .withPadding(padding))
        .withPositions(
            after
                ? PositionPart.after(places.withPadding(padding), padding.orElseThrow())
                : PositionPart.of(places))
        .withNorm(NormPart.layer(name + "LayerNorm", columns, epsilon));
  }

  /** The table of the types of tokens. */
  EmbeddingPart types(ConfigFields fields, String name, int columns) {
    return table(
        name + "token_type_embeddings",
        SiteRole.OTHER,
        fields.count("type_vocab_size", 2),
        columns);
  }

  /** {@code norm(x + mixer(x))}, with the place of adapters under the mixer's name. */
  ResidualPart sublayer(MixerPart mixer, String name, String norm) {
    return ResidualPart.postNorm(norm(norm), mixer, ResidualPart.place(name, width));
  }

  /** A dense layer of a head, as wide as the hidden states. */
  DensePart dense(String name, Activation activation) {
    return DensePart.of(linear(name, SiteRole.OTHER, width, width), activation);
  }

  /** The map of a head to these outputs. */
  LinearPart output(String name, long outputs) {
    return HeadPart.output(name, width, outputs, true, deviation);
  }

  /**
   * The head of a task.
   *
   * @param sequence the dense layers of the head of a sequence
   * @param sequenceOutput the name of its output; that of tokens is {@code classifier}, that of
   *     answers {@code qa_outputs}
   * @param pooler that of a model without logits
   */
  HeadPart head(
      TaskHead task, List<DensePart> sequence, String sequenceOutput, Optional<DensePart> pooler) {
    return switch (task.task()) {
      case SEQ_CLS ->
          new HeadPart.Sequence(
              HeadPart.Position.FIRST,
              sequence,
              output(sequenceOutput, task.requireLabels().size()),
              task.requireLabels(),
              task.problem());
      case TOKEN_CLS ->
          new HeadPart.Tokens(
              List.of(), output("classifier", task.requireLabels().size()), task.requireLabels());
      case QUESTION_ANS -> new HeadPart.Span(List.of(), output("qa_outputs", 2));
      default -> new HeadPart.Features(pooler);
    };
  }
}
