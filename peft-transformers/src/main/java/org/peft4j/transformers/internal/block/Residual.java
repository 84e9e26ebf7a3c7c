package org.peft4j.transformers.internal.block;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.transformers.architecture.ResidualPart;
import org.peft4j.transformers.internal.batch.Sequences;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.model.Modules;

/**
 * The forward and backward pass of a residual sub-layer: {@code y = after(x + Σ
 * branch(before(x)))}.
 *
 * <p>The backward pass computes results of norms again, which costs less than keeping them.
 *
 * @param before the norm that all branches share; null if each has its own, or none
 * @param after the norm of the sum; null for none
 */
record Residual(@Nullable Norm before, List<Branch> branches, @Nullable Norm after) {
  /**
   * The forward pass' results that the backward pass needs, beside the input.
   *
   * @param sum the input of {@code after}; null without it
   */
  record Kept(
      @Nullable INDArray beforeStatistics,
      List<Branch.Kept> branches,
      @Nullable INDArray sum,
      @Nullable INDArray afterStatistics) {}

  static Residual of(ResidualPart part, Modules modules) {
    return new Residual(
        Norm.of(part.before(), modules),
        part.branches().stream().map(branch -> Branch.of(branch, modules)).toList(),
        Norm.of(part.after(), modules));
  }

  /** Whether the backward pass has work here even if the gradient of x is not needed. */
  boolean goesBack(Kept kept) {
    return Norm.acts(after) || goesBackToBranches(kept);
  }

  private boolean goesBackToBranches(Kept kept) {
    return Norm.acts(before)
        || IntStream.range(0, branches.size())
            .anyMatch(i -> branches.get(i).goesBack(kept.branches().get(i)));
  }

  /** Whether the backward pass needs the input. */
  boolean needsInput() {
    return before != null || branches.stream().anyMatch(Branch::needsInput);
  }

  /**
   * Writes y [rows, width], given x [rows, width].
   *
   * @param room supplies an array [rows, width] for the results of norms before branches
   * @param y null to compute only the results for the backward pass
   */
  Kept forward(
      Pass pass,
      INDArray x,
      Sequences sequences,
      Supplier<INDArray> room,
      @Nullable INDArray y,
      CallMemory memory) {
    INDArray statistics = before == null ? null : before.statistics(x, memory);
    INDArray given = x;
    if (before != null && statistics != null) {
      given = before.forward(pass, x, room.get(), statistics);
    }
    INDArray sum = after == null ? y : memory.kept(x.shape());
    List<Branch.Kept> kept = new ArrayList<>();
    for (Branch branch : branches) {
      boolean first = kept.isEmpty();
      INDArray out = first || sum == null ? sum : memory.temporary(x.shape());
      kept.add(branch.forward(pass, x, given, sequences, room, out, memory));
      if (sum != null && out != null) {
        pass.kernels().add(first ? x : out, sum);
      }
    }
    if (after == null || sum == null) {
      return new Kept(statistics, kept, null, null);
    }
    INDArray afterStatistics = after.statistics(x, memory);
    after.forward(pass, sum, y == null ? memory.temporary(x.shape()) : y, afterStatistics);
    return new Kept(statistics, kept, sum, afterStatistics);
  }

  /** Computes a forward pass' output again, if {@code after} made it. */
  INDArray again(Pass pass, Kept kept, CallMemory memory) {
    return Objects.requireNonNull(after).again(pass, Objects.requireNonNull(kept.sum()), memory);
  }

  /**
   * Writes the gradients of the adapters here, and dx. Stops where no gradient is needed any more.
   *
   * @param x the input of the forward pass; may be null if {@link #needsInput()} is false
   * @param dx [rows, width], overwritten; null if not needed
   */
  void backward(
      Pass pass,
      Kept kept,
      @Nullable INDArray x,
      INDArray dy,
      @Nullable INDArray dx,
      CallMemory memory) {
    INDArray dSum = dy;
    if (after != null) {
      boolean goOn = dx != null || goesBackToBranches(kept);
      INDArray below = goOn ? memory.temporary(dy.shape()) : null;
      after.backward(
          pass,
          Objects.requireNonNull(kept.sum()),
          Objects.requireNonNull(kept.afterStatistics()),
          dy,
          below);
      if (below == null) {
        return;
      }
      dSum = below;
    }
    branchesBackward(pass, kept, x, dSum, dx, memory);
  }

  private void branchesBackward(
      Pass pass,
      Kept kept,
      @Nullable INDArray x,
      INDArray dSum,
      @Nullable INDArray dx,
      CallMemory memory) {
    boolean normNeeded = before != null && (dx != null || before.acts());
    INDArray dGiven = before == null ? dx : normNeeded ? memory.temporary(dSum.shape()) : null;
    INDArray given = x;
    if (before != null) {
      boolean again = branches.stream().anyMatch(Branch::needsGiven);
      given = again ? before.again(pass, Objects.requireNonNull(x), memory) : null;
    }
    List<INDArray> beside = new ArrayList<>();
    for (int i = 0; i < branches.size(); i++) {
      INDArray own = i == 0 || dGiven == null ? dGiven : memory.temporary(dSum.shape());
      branches
          .get(i)
          .backward(pass, kept.branches().get(i), x, given, dSum, own, dx != null, memory)
          .ifPresent(beside::add);
      if (i > 0 && dGiven != null && own != null) {
        dGiven.addi(own);
      }
    }
    if (before != null && dGiven != null) {
      before.backward(
          pass,
          Objects.requireNonNull(x),
          Objects.requireNonNull(kept.beforeStatistics()),
          dGiven,
          dx);
    }
    if (dx != null) {
      dx.addi(dSum);
      beside.forEach(dx::addi);
    }
  }
}
