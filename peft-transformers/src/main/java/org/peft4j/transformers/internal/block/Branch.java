package org.peft4j.transformers.internal.block;

import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.graft.SublayerGrafts;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.BranchPart;
import org.peft4j.transformers.architecture.FeedForwardPart;
import org.peft4j.transformers.architecture.MixerPart;
import org.peft4j.transformers.internal.attention.Attention;
import org.peft4j.transformers.internal.batch.Sequences;
import org.peft4j.transformers.internal.feedforward.FeedForward;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.model.Mixer;
import org.peft4j.transformers.internal.model.Modules;

/**
 * A branch beside a residual connection: {@code factor·after(mixer(before(x)))}, then the adapters
 * of its output.
 *
 * @param before null for none, or if the branches share one
 * @param after null for none
 * @param place the adapters of the branch's output
 */
record Branch(
    @Nullable Norm before, Mixer mixer, @Nullable Norm after, double factor, SublayerGrafts place) {
  /**
   * The forward pass' results that the backward pass needs, beside the inputs.
   *
   * @param mixed the input of {@code after}; null without it
   */
  record Kept(
      @Nullable INDArray beforeStatistics,
      Mixer.Kept mixer,
      @Nullable INDArray mixed,
      @Nullable INDArray afterStatistics) {}

  static Branch of(BranchPart part, Modules modules) {
    return new Branch(
        Norm.of(part.before(), modules),
        mixer(part.mixer(), modules),
        Norm.of(part.after(), modules),
        part.factor(),
        modules.sublayer(part.place()));
  }

  private static Mixer mixer(MixerPart part, Modules modules) {
    return part instanceof AttentionPart attention
        ? Attention.of(attention, modules)
        : FeedForward.of((FeedForwardPart) part, modules);
  }

  /** Whether the backward pass has work here even if the gradient of x is not needed. */
  boolean goesBack(Kept kept) {
    return Norm.acts(before) || goesBackToMixer(kept) || Norm.acts(after) || place.acts();
  }

  private boolean goesBackToMixer(Kept kept) {
    return mixer.acts() || kept.mixer().passesOn();
  }

  /** Whether the backward pass needs x. */
  boolean needsInput() {
    return before != null || mixer.needsInput() || place.acts();
  }

  /** Whether the backward pass needs the branch's own input. */
  boolean needsGiven() {
    return before == null && mixer.needsInput();
  }

  /**
   * Writes y [rows, width].
   *
   * @param x the input of the sub-layer
   * @param given x, or its norm that all branches share
   * @param room supplies an array [rows, width] for the result of {@code before}
   * @param y null to compute only the results for the backward pass
   */
  Kept forward(
      Pass pass,
      INDArray x,
      INDArray given,
      Sequences sequences,
      Supplier<INDArray> room,
      @Nullable INDArray y,
      CallMemory memory) {
    INDArray statistics = before == null ? null : before.statistics(x, memory);
    INDArray input = given;
    if (before != null && statistics != null) {
      input = before.forward(pass, given, room.get(), statistics);
    }
    INDArray out = y == null && place.acts() ? memory.temporary(x.shape()) : y;
    INDArray mixed = after == null ? out : memory.kept(x.shape());
    Mixer.Kept inner = mixer.forward(pass, input, sequences, mixed, memory);
    INDArray afterStatistics = null;
    if (after != null && mixed != null) {
      afterStatistics = after.statistics(x, memory);
      after.forward(pass, mixed, out == null ? memory.temporary(x.shape()) : out, afterStatistics);
    }
    if (out != null && factor != 1) {
      out.muli(factor);
    }
    if (out != null) {
      place.forward(pass, x, out);
    }
    return new Kept(statistics, inner, after == null ? null : mixed, afterStatistics);
  }

  /**
   * Writes the gradients of the adapters here, and dGiven. Stops where no gradient is needed any
   * more.
   *
   * @param x the input of the sub-layer; may be null if {@link #needsInput()} is false
   * @param given as in the forward pass; may be null if {@link #needsGiven()} is false
   * @param dy not changed
   * @param dGiven [rows, width], overwritten; null if not needed
   * @param residualNeeded whether the gradient of x is needed
   * @return the adapters' part of the gradient of x, which does not go through the branch
   */
  Optional<INDArray> backward(
      Pass pass,
      Kept kept,
      @Nullable INDArray x,
      @Nullable INDArray given,
      INDArray dy,
      @Nullable INDArray dGiven,
      boolean residualNeeded,
      CallMemory memory) {
    BranchGradient gradient = BranchGradient.of(pass, place, x, dy, residualNeeded, memory);
    boolean goOn = dGiven != null || Norm.acts(before) || goesBackToMixer(kept);
    INDArray dOut = gradient.dy();
    if (factor != 1) {
      dOut = memory.temporary(dy.shape()).assign(dOut).muli(factor);
    }
    INDArray dMixed = dOut;
    if (after != null) {
      INDArray below = goOn ? memory.temporary(dy.shape()) : null;
      after.backward(
          pass,
          Objects.requireNonNull(kept.mixed()),
          Objects.requireNonNull(kept.afterStatistics()),
          dOut,
          below);
      dMixed = below;
    }
    if (goOn && dMixed != null) {
      throughMixer(pass, kept, x, given, dMixed, dGiven, memory);
    }
    return Optional.ofNullable(gradient.dResidual());
  }

  private void throughMixer(
      Pass pass,
      Kept kept,
      @Nullable INDArray x,
      @Nullable INDArray given,
      INDArray dMixed,
      @Nullable INDArray dGiven,
      CallMemory memory) {
    if (before == null) {
      kept.mixer().backward(pass, given, dMixed, dGiven, memory);
      return;
    }
    INDArray in = Objects.requireNonNull(x);
    boolean normNeeded = dGiven != null || before.acts();
    INDArray dNormed = normNeeded ? memory.temporary(dMixed.shape()) : null;
    INDArray normed = mixer.needsInput() ? before.again(pass, in, memory) : null;
    kept.mixer().backward(pass, normed, dMixed, dNormed, memory);
    if (dNormed != null) {
      before.backward(pass, in, Objects.requireNonNull(kept.beforeStatistics()), dNormed, dGiven);
    }
  }
}
