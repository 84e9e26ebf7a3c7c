package org.peft4j.transformers.internal.layer;

import java.util.Arrays;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.transformers.TransformerModel;

/** What training steps have taken. */
public final class TrainingMemoryProbe {
  private TrainingMemoryProbe() {}

  /** The bytes that blocks keep for their backward pass. */
  public static long kept(TransformerModel model) {
    return Arrays.stream(model.graph().getLayers())
        .filter(FrozenLayer.class::isInstance)
        .mapToLong(layer -> ((FrozenLayer) layer).model().kept().bytes())
        .findFirst()
        .orElseThrow();
  }

  /** The bytes of this thread's workspaces: outputs, gradients and temporaries. */
  public static long workspaces() {
    return Nd4j.getWorkspaceManager().getAllWorkspacesForCurrentThread().stream()
        .mapToLong(MemoryWorkspace::getCurrentSize)
        .sum();
  }
}
