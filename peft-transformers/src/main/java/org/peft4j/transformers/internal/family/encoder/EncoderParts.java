package org.peft4j.transformers.internal.family.encoder;

import java.util.List;
import java.util.Optional;
import org.peft4j.kernel.Activation;
import org.peft4j.site.SiteRole;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.DensePart;
import org.peft4j.transformers.architecture.EmbeddingPart;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.LinearPart;
import org.peft4j.transformers.architecture.MixerPart;
import org.peft4j.transformers.architecture.NormPart;
import org.peft4j.transformers.architecture.ResidualPart;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.internal.family.ConfigFields;

/**
 * The parts of post-norm encoders, of these sizes.
 *
 * @param epsilon of layer norms
 * @param deviation of new weights
 */
record EncoderParts(int width, int heads, double epsilon, double deviation) {
  /** Reads the sizes by BERT's names of fields. */
  static EncoderParts read(ConfigFields fields) {
    int width = fields.size("hidden_size");
    int heads = fields.size("num_attention_heads");
    fields.check(width % heads == 0, "num_attention_heads", "a divisor of hidden_size " + width);
    return new EncoderParts(
        width,
        heads,
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
