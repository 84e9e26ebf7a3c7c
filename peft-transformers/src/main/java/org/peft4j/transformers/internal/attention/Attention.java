package org.peft4j.transformers.internal.attention;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.module.LinearModule;
import org.peft4j.kernel.AttentionPattern;
import org.peft4j.kernel.AttentionScores;
import org.peft4j.kernel.Kernels;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.internal.batch.EncoderStates;
import org.peft4j.transformers.internal.batch.Extent;
import org.peft4j.transformers.internal.batch.KeyValueCache;
import org.peft4j.transformers.internal.batch.Sequences;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.model.Mixer;
import org.peft4j.transformers.internal.model.Modules;
import org.peft4j.transformers.internal.position.Rotation;

/**
 * Attention: {@code out(softmax(cap(scale·q·kᵀ) + bias)·v)} over the keys that each query sees.
 * Norms and rotary positions, if the model has them, change q and k first.
 */
public final class Attention implements Mixer {
  private final AttentionPart part;
  private final AttentionScores scores;
  private final Projections projections;
  private final HeadNorm queryNorm;
  private final HeadNorm keyNorm;
  private final ScorePositions positions;
  private final LinearModule output;
  private final Prefix prefix;

  private Attention(AttentionPart part, Modules modules) {
    this.part = part;
    this.scores =
        new AttentionScores(
            part.scale(), part.softCap().orElse(0), modules.model().kept().rounds());
    this.projections = Projections.of(part, modules);
    this.queryNorm = HeadNorm.of(part.queryNorm(), modules);
    this.keyNorm = HeadNorm.of(part.keyNorm(), modules);
    this.positions = new ScorePositions(part, modules);
    this.output = modules.linear(part.output());
    this.prefix = new Prefix(modules.prefix(part.prefix()));
  }

  public static Attention of(AttentionPart part, Modules modules) {
    return new Attention(part, modules);
  }

  @Override
  public boolean acts() {
    return belowScores() || output.acts() || prefix.length() > 0 || positions.acts();
  }

  /** Whether adapters act now on the modules that compute queries, keys and values. */
  private boolean belowScores() {
    return projections.acts() || queryNorm.acts() || keyNorm.acts();
  }

  @Override
  public boolean needsInput() {
    return projections.needsInput();
  }

  @Override
  public Mixer.Kept forward(
      Pass pass, INDArray x, Sequences sequences, @Nullable INDArray y, CallMemory memory) {
    EncoderStates encoder = encoder(sequences);
    Extent extent = sequences.extent();
    Projections.Heads heads = projections.heads(extent, keyExtent(encoder, extent), true, memory);
    KeyValueCache known = encoder == null ? null : known(sequences);
    INDArray source = known != null ? null : encoder == null ? x : encoder.rows();
    projections.forward(pass, x, source, heads, memory);
    Rotation rotation = positions.rotation(sequences, prefix.length(), memory);
    AttentionPattern pattern = positions.pattern(pass, sequences, prefix.length());
    INDArray queryStatistics = queryNorm.statistics(heads.q(), memory);
    INDArray q = queryNorm.forward(pass, heads.q(), queryStatistics, memory);
    rotation.rotate(pass.kernels(), q);
    INDArray keyStatistics = known == null ? keyNorm.statistics(heads.k(), memory) : null;
    Prefix.Extended all;
    if (known == null) {
      INDArray keys = keyNorm.forward(pass, heads.k(), keyStatistics, memory);
      rotation.rotate(pass.kernels(), keys);
      all = cached(sequences, keys, heads.v());
    } else {
      all = new Prefix.Extended(known.encoderKeys(), known.encoderValues());
    }
    if (prefix.length() > 0) {
      all = prefix.extend(pass, all.keys(), all.values(), memory);
    }
    INDArray probabilities =
        memory.keptOfAttention(pass.kernels(), pattern, extent.batch(), part.heads());
    INDArray contextRows = memory.kept(extent.rows(), (long) part.heads() * part.headSize());
    pass.kernels()
        .attention(
            q,
            all.keys(),
            all.values(),
            pattern,
            scores,
            probabilities,
            contextRows.reshape('c', q.shape()));
    if (y != null || output.records(pass)) {
      output.forward(pass, contextRows, y == null ? memory.temporary(x.shape()) : y);
    }
    return new Kept(
        sequences,
        pattern,
        heads,
        queryStatistics,
        keyStatistics,
        prefix.length() > 0 ? all : null,
        probabilities,
        contextRows);
  }

  /** The cache if it has this encoder's keys and values, the same in every step; else null. */
  private static @Nullable KeyValueCache known(Sequences sequences) {
    KeyValueCache cache = sequences.cache();
    return cache != null && cache.hasEncoder() ? cache : null;
  }

  /** Adds to the cache, if there is one; returns the keys and values of this call and before. */
  private Prefix.Extended cached(Sequences sequences, INDArray keys, INDArray values) {
    KeyValueCache cache = sequences.cache();
    if (cache == null) {
      return new Prefix.Extended(keys, values);
    }
    if (part.source() == AttentionPart.Source.ENCODER) {
      cache.appendEncoder(keys, values, ScorePositions.encoder(sequences).mask());
      return new Prefix.Extended(keys, values);
    }
    boolean first = cache.length() == 0 && cache.slotsAfter(keys.size(1)) == keys.size(1);
    cache.append(keys, values);
    if (first) { // Those of the prompt are here, not rounded.
      return new Prefix.Extended(keys, values);
    }
    return new Prefix.Extended(cache.keys(), cache.values());
  }

  private @Nullable EncoderStates encoder(Sequences sequences) {
    return part.source() == AttentionPart.Source.SELF ? null : ScorePositions.encoder(sequences);
  }

  private static Extent keyExtent(@Nullable EncoderStates encoder, Extent extent) {
    return encoder == null ? extent : encoder.extent();
  }

  private final class Kept implements Mixer.Kept {
    private final Sequences sequences;
    private final AttentionPattern pattern;
    private final Projections.Heads heads;
    private final @Nullable INDArray queryStatistics;
    private final @Nullable INDArray keyStatistics;

    /** Null without a prefix. */
    private final Prefix.@Nullable Extended extended;

    private final INDArray probabilities;
    private final INDArray contextRows;

    Kept(
        Sequences sequences,
        AttentionPattern pattern,
        Projections.Heads heads,
        @Nullable INDArray queryStatistics,
        @Nullable INDArray keyStatistics,
        Prefix.@Nullable Extended extended,
        INDArray probabilities,
        INDArray contextRows) {
      this.sequences = sequences;
      this.pattern = pattern;
      this.heads = heads;
      this.queryStatistics = queryStatistics;
      this.keyStatistics = keyStatistics;
      this.extended = extended;
      this.probabilities = probabilities;
      this.contextRows = contextRows;
    }

    @Override
    public void backward(
        Pass pass, @Nullable INDArray x, INDArray dy, @Nullable INDArray dx, CallMemory memory) {
      INDArray biasGradient = positions.biasGradient(pattern, memory);
      boolean goOn = dx != null || acts(biasGradient);
      INDArray dContextRows = goOn ? memory.temporary(contextRows.shape()) : null;
      output.backward(pass, contextRows, dy, dContextRows, 0);
      if (dContextRows != null) {
        throughScores(pass, x, dContextRows, biasGradient, dx, memory);
      }
    }

    @Override
    public boolean passesOn() {
      EncoderStates encoder = encoder(sequences);
      return encoder != null && encoder.gradient() != null;
    }

    private boolean acts(@Nullable INDArray biasGradient) {
      return belowScores() || passesOn() || prefix.length() > 0 || biasGradient != null;
    }

    private void throughScores(
        Pass pass,
        @Nullable INDArray x,
        INDArray dContextRows,
        @Nullable INDArray biasGradient,
        @Nullable INDArray dx,
        CallMemory memory) {
      EncoderStates encoder = encoder(sequences);
      Extent extent = sequences.extent();
      Kernels kernels = pass.kernels();
      Rotation rotation = positions.rotation(sequences, prefix.length(), memory);
      INDArray q = again(pass, queryNorm, heads.q(), rotation, memory);
      Prefix.Extended all = extended;
      if (all == null) {
        INDArray k = again(pass, keyNorm, heads.k(), rotation, memory);
        all = new Prefix.Extended(k, heads.v());
      }
      Projections.Heads gradients =
          projections.heads(extent, keyExtent(encoder, extent), false, memory);
      INDArray dq = queryNorm.gradient(gradients.q(), memory);
      INDArray dk = keyNorm.gradient(gradients.k(), memory);
      Prefix.Extended dAll = new Prefix.Extended(dk, gradients.v());
      if (extended != null) {
        long[] shape = all.keys().shape();
        dAll = new Prefix.Extended(memory.temporary(shape), memory.temporary(shape));
      }
      long[] context = q.shape();
      kernels.attentionGradient(
          q,
          all.keys(),
          all.values(),
          pattern,
          scores,
          probabilities,
          contextRows.reshape('c', context),
          dContextRows.reshape('c', context),
          dq,
          dAll.keys(),
          dAll.values(),
          biasGradient);
      positions.backward(pass, sequences, prefix.length(), biasGradient);
      if (extended != null) {
        prefix.backward(pass, dAll, dk, gradients.v());
      }
      rotation.rotateBack(kernels, dq);
      rotation.rotateBack(kernels, dk);
      queryNorm.backward(pass, heads.q(), queryStatistics, dq, gradients.q(), memory);
      keyNorm.backward(pass, heads.k(), keyStatistics, dk, gradients.k(), memory);
      INDArray dEncoder = encoder == null ? null : encoder.gradientRows();
      if (dx != null || dEncoder != null || projections.acts()) {
        INDArray source = encoder == null ? null : encoder.rows();
        projections.backward(pass, x, source, gradients, dx, dEncoder, memory);
      }
    }

    /** Norms and rotates the heads again, which costs less than keeping them. */
    private INDArray again(
        Pass pass, HeadNorm norm, INDArray raw, Rotation rotation, CallMemory memory) {
      if (norm.module() == null) {
        return raw; // The forward pass rotated them in place.
      }
      INDArray heads = norm.again(pass, raw, memory);
      rotation.rotate(pass.kernels(), heads);
      return heads;
    }
  }
}
