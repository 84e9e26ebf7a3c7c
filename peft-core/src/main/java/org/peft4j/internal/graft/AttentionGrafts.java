package org.peft4j.internal.graft;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.adapter.AttentionAdapter;
import org.peft4j.adapter.Pass;
import org.peft4j.error.PeftException;
import org.peft4j.internal.graft.Span.Acting;
import org.peft4j.memory.Scratch;

/** The grafts on an attention: keys and values before those of the input. */
public final class AttentionGrafts {
  private final SiteGrafts site;

  public AttentionGrafts(SiteGrafts site) {
    this.site = site;
  }

  /** The number of keys before those of the input, equal for all sequences of the batch. */
  public int length() {
    if (!site.acts()) {
      return 0;
    }
    int length = -1;
    for (Span span : site.spans(site.rowCount())) {
      int own = span.of(AttentionAdapter.class).stream().mapToInt(a -> a.adapter().length()).sum();
      if (length >= 0 && own != length) {
        throw new PeftException(
            "The adapters of this batch put "
                + length
                + " and "
                + own
                + " virtual tokens before their sequences at "
                + site.site().name()
                + "; all of one batch must put the same number. Make a batch for each length.");
      }
      length = own;
    }
    return length;
  }

  /**
   * Writes the keys and values before those of the input.
   *
   * @param keys [batch, length, heads, headSize]
   * @param values [batch, length, heads, headSize]
   */
  public void forward(Pass pass, INDArray keys, INDArray values) {
    for (Span span : site.spans(keys.size(0))) {
      long from = 0;
      for (Acting<AttentionAdapter> acting : span.of(AttentionAdapter.class)) {
        long to = from + acting.adapter().length();
        long[] shape = {to - from, keys.size(2), keys.size(3)};
        INDArray k = Scratch.of(keys.dataType(), shape);
        INDArray v = Scratch.of(values.dataType(), shape);
        acting.adapter().forward(pass, acting.graft().parameters(), k, v);
        for (long row = span.from(); row < span.to(); row++) {
          part(keys, row, from, to).assign(k);
          part(values, row, from, to).assign(v);
        }
        Scratch.release(k, v);
        from = to;
      }
    }
  }

  /** Writes gradients, given those of keys and values [batch, length, heads, headSize]. */
  public void backward(Pass pass, INDArray dKeys, INDArray dValues) {
    List<Acting<AttentionAdapter>> all = Span.of(site.acting(), AttentionAdapter.class).toList();
    long from = 0;
    for (Acting<AttentionAdapter> acting : all) {
      long to = from + acting.adapter().length();
      INDArray k = sum(dKeys, from, to);
      INDArray v = sum(dValues, from, to);
      Graft graft = acting.graft();
      acting.adapter().backward(pass, graft.parameters(), k, v, graft.gradients());
      Scratch.release(k, v);
      from = to;
    }
  }

  /** [to − from, heads, headSize]. A slice of a view comes out empty, its sub-tensors do not. */
  private static INDArray part(INDArray array, long row, long from, long to) {
    INDArray own = array.tensorAlongDimension(row, 1, 2, 3);
    return from == 0 && to == own.size(0)
        ? own
        : own.get(NDArrayIndex.interval(from, to), NDArrayIndex.all(), NDArrayIndex.all());
  }

  private static INDArray sum(INDArray array, long from, long to) {
    INDArray sum = Scratch.of(array.dataType(), to - from, array.size(2), array.size(3)).assign(0);
    for (long row = 0; row < array.size(0); row++) {
      sum.addi(part(array, row, from, to));
    }
    return sum;
  }
}
