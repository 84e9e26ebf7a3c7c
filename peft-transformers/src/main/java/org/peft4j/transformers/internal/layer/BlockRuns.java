package org.peft4j.transformers.internal.layer;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.memory.conf.WorkspaceConfiguration;
import org.nd4j.linalg.api.memory.enums.AllocationPolicy;
import org.nd4j.linalg.api.memory.enums.LearningPolicy;
import org.nd4j.linalg.api.memory.enums.ResetPolicy;
import org.nd4j.linalg.api.memory.enums.SpillPolicy;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.graft.GradientSum;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.transformers.internal.batch.Sequences;
import org.peft4j.transformers.internal.block.Block;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.memory.KeptArrays;
import org.peft4j.transformers.internal.model.FrozenModel;

/**
 * Runs a block as often as its model does, usually once: {@code y = block(block(…(x)))}. Each run
 * has a pass of its own; the gradients of adapters are the sum over the runs.
 *
 * @param times how often
 */
record BlockRuns(FrozenModel model, LayerGrafts grafts, Block block, int times) {
  /**
   * Of temporaries, for one run after the other: those of a layer's own live as long as the call.
   */
  private static final WorkspaceConfiguration ONE_RUN =
      WorkspaceConfiguration.builder()
          .initialSize(0)
          .policyLearning(LearningPolicy.FIRST_LOOP)
          .policyReset(ResetPolicy.BLOCK_LEFT)
          .policySpill(SpillPolicy.REALLOCATE)
          .policyAllocation(AllocationPolicy.STRICT)
          .build();

  /**
   * A run.
   *
   * @param values null if the backward pass recomputes them
   * @param arrays their memory
   */
  private record Run(Pass pass, INDArray input, Block.@Nullable Kept values, KeptArrays arrays) {}

  /**
   * The forward pass' results that the backward pass needs.
   *
   * @param between the memory of what one run gives the next
   */
  record Kept(Sequences sequences, List<Run> runs, KeptArrays between) {
    /** Frees the memory. */
    void close() {
      runs.forEach(run -> run.arrays().close());
      between.close();
    }
  }

  /** The output, and what the backward pass needs; null without one. */
  record Forward(INDArray y, @Nullable Kept kept) {}

  /**
   * Runs forward.
   *
   * @param back whether there will be a backward pass
   */
  Forward forward(
      INDArray x,
      Sequences sequences,
      boolean training,
      boolean back,
      LayerWorkspaceMgr workspaces) {
    KeptArrays outputs = model.kept().arrays();
    List<Run> runs = new ArrayList<>();
    INDArray in = x;
    try (CallMemory between = memory(workspaces, back ? outputs : null)) {
      for (int i = 1; i <= times; i++) {
        INDArray y = i == times ? between.output(x.shape()) : between.kept(x.shape());
        Pass pass = grafts.nextPass(training);
        runs.add(run(pass, in, sequences, back && !model.checkpointing(), y, workspaces));
        in = y;
      }
    }
    return new Forward(in, back ? new Kept(sequences, runs, outputs) : null);
  }

  private Run run(
      Pass pass,
      INDArray x,
      Sequences sequences,
      boolean keep,
      INDArray y,
      LayerWorkspaceMgr workspaces) {
    KeptArrays arrays = model.kept().arraysOfBlock();
    try (@Nullable MemoryWorkspace temporaries = workspace();
        KeptArrays.Use use = arrays.use(pass.kernels());
        CallMemory memory = memory(workspaces, keep ? arrays : null)) {
      Pass recorded = keep ? pass.on(memory.tape()) : pass;
      Block.Kept values = block.forward(recorded, x, sequences, y, memory);
      return new Run(recorded, x, keep ? values : null, arrays);
    }
  }

  /**
   * Writes the gradients of the adapters, and dx.
   *
   * @param dx overwritten; null if not needed
   */
  void backward(Kept kept, INDArray dy, @Nullable INDArray dx, LayerWorkspaceMgr workspaces) {
    List<Run> runs = kept.runs();
    if (times == 1) {
      backward(kept, runs.get(0), dy, dx, workspaces);
      return;
    }
    try (CallMemory between = memory(workspaces, null);
        GradientSum sum = new GradientSum(grafts)) {
      INDArray[] rooms = {between.temporary(dy.shape()), between.temporary(dy.shape())};
      INDArray upper = dy;
      for (int i = times - 1; i > 0; i--) {
        INDArray lower = rooms[i % 2];
        sum.begin();
        backward(kept, runs.get(i), upper, lower, workspaces);
        sum.add();
        upper = lower;
      }
      sum.begin();
      backward(kept, runs.get(0), upper, dx, workspaces);
      sum.add();
      sum.finish();
    }
  }

  private void backward(
      Kept kept, Run run, INDArray dy, @Nullable INDArray dx, LayerWorkspaceMgr workspaces) {
    try (@Nullable MemoryWorkspace temporaries = workspace();
        KeptArrays.Use use = run.arrays().use(run.pass().kernels());
        CallMemory memory = memory(workspaces, null)) {
      Pass pass = run.pass();
      Block.Kept values = run.values();
      if (values == null) {
        pass = pass.on(memory.tape());
        values = block.forward(pass, run.input(), kept.sequences(), null, memory);
      }
      block.backward(pass, values, run.input(), dy, dx, memory);
    }
  }

  /** The workspace of a run; null for the open one if it is the only run. */
  private @Nullable MemoryWorkspace workspace() {
    return times == 1
        ? null
        : Nd4j.getWorkspaceManager().getAndActivateWorkspace(ONE_RUN, "PEFT4J_RUN_OF_A_BLOCK");
  }

  private CallMemory memory(LayerWorkspaceMgr workspaces, @Nullable KeptArrays arrays) {
    DataType type = model.weights().dataType();
    return new CallMemory(workspaces, type, arrays);
  }
}
