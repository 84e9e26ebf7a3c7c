package org.peft4j.diffusion.internal.part;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.diffusion.internal.architecture.Stage;
import org.peft4j.diffusion.internal.architecture.TransformerPart;
import org.peft4j.internal.module.LinearModule;
import org.peft4j.transformers.internal.memory.CallMemory;

/** Blocks of a transformer on pixels: {@code x + out(blocks(in(norm(x))))}. */
final class AttendRun implements StageRun {
  private final GroupNorm norm;
  private final LinearModule in;
  private final List<Branch> branches = new ArrayList<>();
  private final LinearModule out;
  private final long width;

  AttendRun(Stage.Attend part, PictureModules modules) {
    this.norm = modules.groupNorm(part.norm());
    this.in = modules.map(part.in().site());
    for (TransformerPart block : part.blocks()) {
      branches.add(
          new Branch(modules.norm(block.firstNorm()), new Attention(block.first(), modules)));
      branches.add(
          new Branch(modules.norm(block.secondNorm()), new Attention(block.second(), modules)));
      branches.add(
          new Branch(
              modules.norm(block.thirdNorm()),
              new GatedFeedForward(
                  modules.map(block.up().site()),
                  modules.map(block.down().site()),
                  block.down().inputs())));
    }
    this.out = modules.map(part.out().site());
    this.width = part.in().site().outputs();
  }

  @Override
  public long channels(long input) {
    return input;
  }

  @Override
  public StageRun.Kept forward(
      Pass pass, INDArray x, Around around, @Nullable INDArray y, CallMemory memory) {
    GroupNorm.Statistics statistics = norm.statistics(around.in(), memory);
    INDArray normal = memory.temporary(x.shape());
    norm.forward(pass, x, normal, statistics);
    INDArray states = memory.kept(x.size(0), width);
    in.forward(pass, normal, states);
    List<INDArray> inputs = new ArrayList<>();
    List<Branch.Kept> kept = new ArrayList<>();
    for (Branch branch : branches) {
      inputs.add(states);
      boolean last = inputs.size() == branches.size();
      boolean needed = y != null || out.acts() || !last;
      INDArray after = null;
      if (needed) {
        after = memory.keptIf(!last || out.acts(), states.shape());
      } else if (branch.mixer().records(pass)) {
        after = memory.temporary(states.shape());
      }
      kept.add(branch.forward(pass, states, around, after, memory));
      states = after == null ? states : after;
    }
    if (y != null || out.records(pass)) {
      INDArray result = y == null ? memory.temporary(x.shape()) : y;
      out.forward(pass, states, result);
      result.addi(x);
    }
    return new Kept(statistics, inputs, kept, states);
  }

  private final class Kept implements StageRun.Kept {
    private final GroupNorm.Statistics statistics;
    private final List<INDArray> inputs;
    private final List<Branch.Kept> kept;
    private final INDArray last;

    Kept(
        GroupNorm.Statistics statistics,
        List<INDArray> inputs,
        List<Branch.Kept> kept,
        INDArray last) {
      this.statistics = statistics;
      this.inputs = inputs;
      this.kept = kept;
      this.last = last;
    }

    /** Whether anything below the branch of that number needs a gradient. */
    private boolean below(int branch, @Nullable INDArray dx) {
      boolean goesOn = dx != null || in.acts() || norm.acts();
      for (int i = 0; i < branch; i++) {
        goesOn |= branches.get(i).goesBack(kept.get(i));
      }
      return goesOn;
    }

    @Override
    public void backward(
        Pass pass, INDArray x, INDArray dy, @Nullable INDArray dx, CallMemory memory) {
      INDArray upper = below(branches.size(), dx) ? memory.temporary(last.shape()) : null;
      out.backward(pass, last, dy, upper, 0);
      for (int i = branches.size() - 1; i >= 0 && upper != null; i--) {
        INDArray lower = below(i, dx) ? memory.temporary(upper.shape()) : null;
        branches.get(i).backward(pass, kept.get(i), inputs.get(i), upper, lower, memory);
        upper = lower;
      }
      if (upper != null) {
        throughIn(pass, x, upper, dx, memory);
      }
      if (dx != null) {
        dx.addi(dy);
      }
    }

    private void throughIn(
        Pass pass, INDArray x, INDArray dStates, @Nullable INDArray dx, CallMemory memory) {
      INDArray normal = null;
      if (in.acts()) {
        normal = memory.temporary(x.shape());
        norm.forward(pass, x, normal, statistics);
      }
      boolean goOn = dx != null || norm.acts();
      INDArray dNormal = goOn ? memory.temporary(x.shape()) : null;
      in.backward(pass, normal, dStates, dNormal, 0);
      if (dNormal != null) {
        norm.backward(pass, x, statistics, dNormal, dx);
      }
    }
  }
}
