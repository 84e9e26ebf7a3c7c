package org.peft4j.internal.graft;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.SublayerAdapter;
import org.peft4j.internal.graft.Span.Acting;

/** The grafts on the output of a sub-layer, applied one after the other. */
public final class SublayerGrafts {
  private final SiteGrafts site;

  public SublayerGrafts(SiteGrafts site) {
    this.site = site;
  }

  /** Whether any graft acts now. */
  public boolean acts() {
    return site.acts();
  }

  /** Changes {@code y} [rows, width]; {@code residual} is added later. */
  public void forward(Pass pass, @Nullable INDArray residual, INDArray y) {
    if (!site.acts()) {
      return;
    }
    for (Span span : site.spans(y.size(0))) {
      for (Acting<SublayerAdapter> acting : span.of(SublayerAdapter.class)) {
        acting
            .adapter()
            .forward(pass, acting.graft().parameters(), span.ofNullable(residual), span.of(y));
      }
    }
  }

  /**
   * Writes the gradients; turns {@code dy} [rows, width] into the gradient of the sub-layer's own
   * output, and adds to {@code dResidual} unless it is null.
   */
  public void backward(
      Pass pass, @Nullable INDArray residual, INDArray dy, @Nullable INDArray dResidual) {
    List<Acting<SublayerAdapter>> acting = Span.of(site.acting(), SublayerAdapter.class).toList();
    for (int i = acting.size() - 1; i >= 0; i--) {
      Graft graft = acting.get(i).graft();
      acting
          .get(i)
          .adapter()
          .backward(pass, graft.parameters(), residual, dy, graft.gradients(), dResidual);
    }
  }
}
