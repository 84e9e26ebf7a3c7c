package org.peft4j.transformers.internal.attention;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.kernel.AttentionPattern;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.internal.batch.Documents;
import org.peft4j.transformers.internal.batch.EncoderStates;
import org.peft4j.transformers.internal.batch.LeftPadding;
import org.peft4j.transformers.internal.batch.Sequences;
import org.peft4j.transformers.internal.batch.TokenIds;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.model.Modules;
import org.peft4j.transformers.internal.position.Alibi;
import org.peft4j.transformers.internal.position.KeyPositions;
import org.peft4j.transformers.internal.position.PassPatterns;
import org.peft4j.transformers.internal.position.RotaryTables;
import org.peft4j.transformers.internal.position.Rotation;

/** What an attention's queries see, and how positions affect its scores. */
final class ScorePositions {
  private static final Rotation NONE = new Rotation(null, null, false);

  private final AttentionPart part;
  private final DataType type;
  private final PassPatterns patterns;
  private final @Nullable RotaryTables rotary;
  private final @Nullable Alibi alibi;
  private final @Nullable RelativePositions relative;

  ScorePositions(AttentionPart part, Modules modules) {
    AttentionPart.Positions positions = part.positions();
    this.part = part;
    this.type = modules.model().weights().dataType();
    this.patterns = modules.model().patterns();
    this.rotary =
        positions instanceof AttentionPart.RotaryPositions r ? modules.model().rotary(r) : null;
    this.alibi =
        positions instanceof AttentionPart.Alibi a
            ? new Alibi(part.heads(), a.scale(), a.rounded())
            : null;
    this.relative =
        positions instanceof AttentionPart.RelativeBias r
            ? new RelativePositions(r, modules)
            : null;
  }

  /** Whether adapters act on a position table now. */
  boolean acts() {
    return relative != null && relative.acts();
  }

  /**
   * The rotation of queries and keys.
   *
   * @param prefix the number of positions before the first token
   */
  Rotation rotation(Sequences sequences, int prefix, CallMemory memory) {
    if (rotary == null) {
      return NONE;
    }
    int past = sequences.past();
    int time = (int) sequences.extent().time();
    Documents documents = patterns.documents(sequences.mask());
    int[] positions =
        documents == null
            ? LeftPadding.positions(past, time, sequences.padding())
            : documents.positions().clone();
    for (int i = 0; i < positions.length; i++) {
      positions[i] += prefix;
    }
    return rotary.rotation(positions, time, prefix + longest(sequences), memory);
  }

  /** The number of positions of the longest document so far. */
  private int longest(Sequences sequences) {
    Documents documents = patterns.documents(sequences.mask());
    int time = (int) sequences.extent().time();
    return documents == null
        ? LeftPadding.longest(sequences.past(), time, sequences.padding())
        : documents.longest();
  }

  /** What attends to what; equal attentions of a pass share one value. */
  AttentionPattern pattern(Pass pass, Sequences sequences, int prefix) {
    int queries = (int) sequences.extent().time();
    int past = sequences.past();
    EncoderStates encoder = part.source() == AttentionPart.Source.SELF ? null : encoder(sequences);
    if (relative != null) {
      relative.begin(pass, type);
    }
    PassPatterns.Question question =
        new PassPatterns.Question(
            encoder == null ? sequences.mask() : encoder.mask(),
            (int) sequences.extent().batch(),
            queries,
            encoder == null ? past : 0,
            encoder == null ? sequences.slots() : (int) encoder.extent().time(),
            encoder == null && sequences.mask() == null ? sequences.padding() : null,
            part.causal(),
            part.window().orElse(0),
            prefix,
            alibi != null ? alibi : relative != null ? relative.name() : null);
    int keys = prefix + question.keys();
    return patterns.of(
        question,
        () ->
            alibi == null
                ? bias(pass, relativePositions(sequences, prefix, keys), prefix + past, queries)
                : alibi.bias(type, keyPositions(question), prefix + past, queries));
  }

  static EncoderStates encoder(Sequences sequences) {
    EncoderStates encoder = sequences.encoder();
    if (encoder == null) {
      throw new IllegalStateException("Cross-attention was called without the encoder's output.");
    }
    return encoder;
  }

  private static KeyPositions keyPositions(PassPatterns.Question question) {
    return question.mask() == null
        ? KeyPositions.padded(
            question.padding(), question.prefix(), question.prefix() + question.keys())
        : KeyPositions.masked(TokenIds.of(question.mask()), question.rows(), question.prefix());
  }

  /** Padding shifts tokens and keys alike, but not the keys of a prefix. */
  private static KeyPositions relativePositions(Sequences sequences, int prefix, int keys) {
    return KeyPositions.padded(prefix == 0 ? null : sequences.padding(), prefix, keys);
  }

  private INDArray bias(Pass pass, KeyPositions keys, int past, int queries) {
    if (relative != null) {
      return relative.bias(pass, keys, past, queries);
    }
    throw new IllegalStateException("There is no bias.");
  }

  /** An array for the gradient of the pattern's bias; null if not needed. */
  @Nullable INDArray biasGradient(AttentionPattern pattern, CallMemory memory) {
    INDArray bias = pattern.bias();
    return relative == null || bias == null || !relative.gradientNeeded()
        ? null
        : memory.temporary(bias.shape());
  }

  /** Passes on the gradient of the pattern's bias. */
  void backward(Pass pass, Sequences sequences, int prefix, @Nullable INDArray biasGradient) {
    if (relative != null && biasGradient != null) {
      int keys = Math.toIntExact(biasGradient.size(3));
      relative.backward(pass, relativePositions(sequences, prefix, keys), prefix, biasGradient);
    }
  }
}
