package org.peft4j.internal.module;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.graft.EmbeddingGrafts;
import org.peft4j.internal.graft.SiteGrafts;
import org.peft4j.weight.FrozenWeight;

/** A frozen embedding table with what is grafted on it. */
public final class EmbeddingModule {
  private final SiteGrafts grafts;
  private final EmbeddingGrafts parts;
  private final FrozenWeight table;

  /**
   * @param table [vocabulary, dim]
   */
  public EmbeddingModule(SiteGrafts grafts, FrozenWeight table) {
    this.grafts = grafts;
    this.parts = new EmbeddingGrafts(grafts);
    this.table = table;
  }

  /** Writes the vectors of {@code ids} to y [ids, dim]. */
  public void forward(Pass pass, int[] ids, INDArray y) {
    INDArray copy = grafts.copy("weight");
    grafts.shareCopy(pass, "weight");
    if (copy == null) {
      table.lookUp(pass.kernels(), ids, y);
    } else {
      pass.kernels().lookUp(copy, ids, y);
    }
    parts.forward(pass, ids, y);
  }

  /** Writes the gradients of what is grafted here, given that of the vectors, dy [ids, dim]. */
  public void backward(Pass pass, int[] ids, INDArray dy) {
    INDArray tableGradient = grafts.gradient("weight");
    if (tableGradient != null) {
      pass.kernels().lookUpGradient(ids, dy, tableGradient);
      grafts.site().padding().ifPresent(row -> tableGradient.getRow(row).assign(0));
      grafts.addTiedGradient(pass, "weight", tableGradient);
    }
    parts.backward(pass, ids, dy);
  }
}
