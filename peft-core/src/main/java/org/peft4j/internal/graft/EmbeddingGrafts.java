package org.peft4j.internal.graft;

import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.EmbeddingAdapter;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.graft.Span.Acting;

/** The grafts on an embedding table: {@code y[t] = W[id_t] + Σ part(id_t)}. */
public final class EmbeddingGrafts {
  private final SiteGrafts site;

  public EmbeddingGrafts(SiteGrafts site) {
    this.site = site;
  }

  /** Adds the active adapters' parts to looked-up vectors {@code y} [ids, dim]. */
  public void forward(Pass pass, int[] ids, INDArray y) {
    if (!site.acts()) {
      return;
    }
    for (Span span : site.spans(ids.length)) {
      int[] own = Arrays.copyOfRange(ids, (int) span.from(), (int) span.to());
      for (Acting<EmbeddingAdapter> acting : span.of(EmbeddingAdapter.class)) {
        acting.adapter().forward(pass, acting.graft().parameters(), own, span.of(y));
      }
    }
  }

  /** Writes the active adapters' gradients, given that of the looked-up vectors [ids, dim]. */
  public void backward(Pass pass, int[] ids, INDArray dy) {
    Span.of(site.acting(), EmbeddingAdapter.class)
        .forEach(
            acting ->
                acting
                    .adapter()
                    .backward(
                        pass, acting.graft().parameters(), ids, dy, acting.graft().gradients()));
  }
}
