package org.peft4j.internal.graft;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.TiedCopy;
import org.peft4j.adapter.TrainableCopy;
import org.peft4j.error.PeftException;
import org.peft4j.site.Site;
import org.peft4j.weight.FrozenWeight;

/**
 * The grafts at one site of one replica: the active adapters in their order. A class for each kind
 * of site runs them: {@link LinearGrafts}, {@link EmbeddingGrafts}, {@link WeightGrafts}, {@link
 * SublayerGrafts}, {@link AttentionGrafts}, {@link PromptGrafts}.
 */
public final class SiteGrafts {
  private final Site site;
  private final List<Graft> grafts;
  private final SharedState shared;

  public SiteGrafts(Site site, List<Graft> grafts, SharedState shared) {
    this.site = site;
    this.grafts = List.copyOf(grafts);
    this.shared = shared;
  }

  /** A site without grafts. */
  public static SiteGrafts none(Site site) {
    return new SiteGrafts(site, List.of(), SharedState.of(0));
  }

  public Site site() {
    return site;
  }

  public List<Graft> all() {
    return grafts;
  }

  /** Whether one of the grafts acts now. */
  public boolean actsNow(Graft graft) {
    return shared.activity().on(graft.adapterName());
  }

  /** Whether any graft acts now. */
  public boolean acts() {
    for (Graft graft : grafts) {
      if (shared.activity().on(graft.adapterName())) {
        return true;
      }
    }
    return false;
  }

  /** Shows the site's input [rows, in] to the observer, if there is one. */
  void observe(INDArray x) {
    shared.passes().observe(site, x);
  }

  /** The grafts that act now, whatever the row. */
  List<Graft> acting() {
    return grafts.stream().filter(graft -> shared.activity().on(graft.adapterName())).toList();
  }

  /**
   * The rows of a matrix in spans with the same acting adapters: one span, unless each sequence of
   * a batch has its own adapter.
   *
   * @param rows the number of rows, the same for every sequence of the batch
   */
  List<Span> spans(long rows) {
    List<String> names = shared.activity().rows();
    if (names.isEmpty() || !acts()) {
      return List.of(new Span(0, rows, acting()));
    }
    return RowRun.of(names, rows, site.name()).stream().map(this::span).toList();
  }

  /** Refuses rows that are not one for each adapter of a batch whose sequences have their own. */
  public void requireRowEach(long rows) {
    if (acts()) {
      shared.activity().requireRowEach(rows, site.name());
    }
  }

  private Span span(RowRun run) {
    List<Graft> own = acting().stream().filter(g -> g.adapterName().equals(run.adapter())).toList();
    return new Span(run.from(), run.to(), own);
  }

  /** The number of sequences with an adapter of their own; 1 if they have none. */
  long rowCount() {
    return Math.max(1, shared.activity().rows().size());
  }

  /** The acting trainable copy of {@code parameter}, or the frozen one if there is none. */
  public INDArray parameter(String parameter, INDArray frozen) {
    INDArray copy = copy(parameter);
    return copy == null ? frozen : copy;
  }

  /** Like {@link #parameter(String, INDArray)}, for a parameter that the module may lack. */
  public @Nullable INDArray optionalParameter(String parameter, @Nullable INDArray frozen) {
    return frozen == null ? null : parameter(parameter, frozen);
  }

  /** The trainable copy of {@code parameter} that acts now; null if there is none. */
  public @Nullable INDArray copy(String parameter) {
    Graft copy = copyOf(parameter);
    if (copy != null) {
      return ((TrainableCopy) copy.adapter()).of(parameter, copy.parameters());
    }
    TiedCopy tied = tied(parameter);
    return tied == null ? null : shared.passes().current().get(tied.copy());
  }

  /** The acting use of another site's copy of the weight; null if there is none. */
  private @Nullable TiedCopy tied(String parameter) {
    for (Graft graft : acting()) {
      if (graft.adapter() instanceof TiedCopy tied && tied.copied().name().equals(parameter)) {
        return tied;
      }
    }
    return null;
  }

  /** Shares an acting copy of the weight with the sites that are tied to this one. */
  public void shareCopy(Pass pass, String parameter) {
    Graft copy = copyOf(parameter);
    if (copy != null && copy.adapter() instanceof TrainableCopy of && !of.tied().isEmpty()) {
      pass.state().put(of, of.of(parameter, copy.parameters()));
    }
  }

  /** Adds what tied sites gave to the gradient of an acting copy of the weight. */
  public void addTiedGradient(Pass pass, String parameter, INDArray gradient) {
    Graft copy = copyOf(parameter);
    INDArray tied = copy == null ? null : pass.state().takeGradient(copy.adapter());
    if (tied != null) {
      gradient.addi(tied);
      tied.close();
    }
  }

  /**
   * A vector as kernels take it: its trainable copy if one acts now, or else the frozen array.
   *
   * @throws PeftException if the frozen vector is not held as an array
   */
  public INDArray vector(String parameter, FrozenWeight frozen) {
    INDArray copy = copy(parameter);
    return copy == null ? frozen.array().orElseThrow(() -> noArray(parameter, frozen)) : copy;
  }

  private PeftException noArray(String parameter, FrozenWeight frozen) {
    return new PeftException(
        site.name()
            + "."
            + parameter
            + " is held in "
            + frozen.format()
            + ", but is needed as an array. Hold vectors in FP32, and matrices only in "
            + frozen.format()
            + ".");
  }

  /** The array for the gradient of {@code parameter}; null if it is frozen now. */
  public @Nullable INDArray gradient(String parameter) {
    Graft copy = copyOf(parameter);
    if (copy != null) {
      return ((TrainableCopy) copy.adapter()).of(parameter, copy.gradients());
    }
    TiedCopy tied = tied(parameter);
    return tied == null ? null : shared.passes().current().gradient(tied.copy());
  }

  private @Nullable Graft copyOf(String parameter) {
    for (Graft graft : acting()) {
      if (graft.adapter() instanceof TrainableCopy copy && copy.copies(parameter)) {
        return graft;
      }
    }
    return null;
  }

  /** Zeroes every gradient, for a layer that no gradient reaches. */
  public void zeroGradients() {
    for (Graft graft : grafts) {
      Tensors gradients = graft.gradients();
      gradients.asMap().values().forEach(g -> g.assign(0));
    }
  }
}
