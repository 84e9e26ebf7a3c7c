package org.peft4j.internal.graft;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.PromptAdapter;
import org.peft4j.error.PeftException;
import org.peft4j.internal.graft.Span.Acting;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/** The grafts before the first layer: virtual tokens, and encoders of prefixes. */
public final class PromptGrafts {
  private final SiteGrafts site;

  public PromptGrafts(SiteGrafts site) {
    this.site = site;
  }

  /** Those of a layer where no prompt can be. */
  public static PromptGrafts none() {
    return new PromptGrafts(SiteGrafts.none(Site.place("", "", SiteKind.PROMPT, 0, 0)));
  }

  /** Whether any graft acts now. */
  public boolean acts() {
    return site.acts();
  }

  /**
   * Begins a pass and sets its number of virtual tokens.
   *
   * @param first whether sequences begin with this pass; otherwise they continue earlier ones
   */
  public void begin(Pass pass, boolean first) {
    int[] lengths = lengths();
    pass.state().begin();
    pass.state().addVirtual(first ? lengths[0] : 0, lengths[1], lengths[2]);
  }

  /** The number of embeddings before those of the input, in every sequence. */
  public int virtualTokens() {
    return lengths()[0];
  }

  /**
   * The positions that these embeddings, and keys and values of prefixes, take before the input.
   */
  public int positionsBefore() {
    int[] lengths = lengths();
    return lengths[0] + lengths[1];
  }

  private int[] lengths() {
    if (!site.acts()) {
      return new int[3];
    }
    List<int[]> all =
        site.spans(site.rowCount()).stream()
            .map(span -> lengths(span.of(PromptAdapter.class)))
            .toList();
    for (int[] other : all) {
      if (!Arrays.equals(other, all.get(0))) {
        throw new PeftException(
            "The adapters of this batch put different numbers of virtual tokens before their"
                + " sequences; all of one batch must put the same number. Make a batch for each"
                + " length.");
      }
    }
    return all.get(0);
  }

  private static int[] lengths(List<Acting<PromptAdapter>> adapters) {
    int tokens = adapters.stream().mapToInt(a -> a.adapter().virtualTokens()).sum();
    int prefix = adapters.stream().mapToInt(a -> a.adapter().prefixLength()).sum();
    int encoder = adapters.stream().mapToInt(a -> a.adapter().encoderPrefixLength()).sum();
    return new int[] {tokens, prefix, encoder};
  }

  /**
   * Computes prompts.
   *
   * @param batch the number of sequences
   * @param embeddings [batch, virtualTokens, width], written; null if there are none, or sequences
   *     continue earlier passes
   */
  public void forward(Pass pass, long batch, @Nullable INDArray embeddings) {
    if (!site.acts()) {
      return;
    }
    for (Span span : site.spans(batch)) {
      long from = 0;
      for (Acting<PromptAdapter> acting : span.of(PromptAdapter.class)) {
        long to = from + acting.adapter().virtualTokens();
        INDArray own = part(embeddings, span.from(), span.to(), from, to);
        if (own != null || from == to) {
          acting.adapter().forward(pass, acting.graft().parameters(), own);
        }
        from = to;
      }
    }
  }

  /** Writes gradients, given those of the embeddings [batch, virtualTokens, width]. */
  public void backward(Pass pass, @Nullable INDArray dEmbeddings) {
    long from = 0;
    long batch = dEmbeddings == null ? 0 : dEmbeddings.size(0);
    for (Acting<PromptAdapter> acting : Span.of(site.acting(), PromptAdapter.class).toList()) {
      long to = from + acting.adapter().virtualTokens();
      Graft graft = acting.graft();
      INDArray own = part(dEmbeddings, 0, batch, from, to);
      acting.adapter().backward(pass, graft.parameters(), own, graft.gradients());
      from = to;
    }
  }

  private static @Nullable INDArray part(
      @Nullable INDArray array, long firstRow, long rows, long from, long to) {
    return array == null || from == to
        ? null
        : array.get(
            NDArrayIndex.interval(firstRow, rows),
            NDArrayIndex.interval(from, to),
            NDArrayIndex.all());
  }
}
