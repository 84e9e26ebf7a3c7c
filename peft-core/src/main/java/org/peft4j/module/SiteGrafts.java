package org.peft4j.module;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.EmbeddingAdapter;
import org.peft4j.adapter.LinearAdapter;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.TrainableCopy;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.site.Site;

/**
 * All that is grafted on one site of one replica: the active adapters in their order. The layer
 * that hosts the site calls it where the site's output is made and where its gradient passes.
 */
public final class SiteGrafts {
  private final Site site;
  private final List<Graft> grafts;
  private final GraftSwitch graftSwitch;

  public SiteGrafts(Site site, List<Graft> grafts, GraftSwitch graftSwitch) {
    this.site = site;
    this.grafts = List.copyOf(grafts);
    this.graftSwitch = graftSwitch;
  }

  /** A site with nothing on it. */
  public static SiteGrafts none(Site site) {
    return new SiteGrafts(site, List.of(), new GraftSwitch(0));
  }

  public Site site() {
    return site;
  }

  public List<Graft> all() {
    return grafts;
  }

  /** Whether anything grafted here acts now. */
  public boolean acts() {
    return !grafts.isEmpty() && graftSwitch.on();
  }

  /**
   * The trainable copy of {@code parameter} that stands in for the frozen one now, or else that.
   */
  public INDArray parameter(String parameter, INDArray frozen) {
    Graft copy = copyOf(parameter);
    return copy == null
        ? frozen
        : ((TrainableCopy) copy.adapter()).of(parameter, copy.parameters());
  }

  /** Like {@link #parameter(String, INDArray)} where the module may have no such parameter. */
  public @Nullable INDArray optionalParameter(String parameter, @Nullable INDArray frozen) {
    return frozen == null ? null : parameter(parameter, frozen);
  }

  /** Where the gradient of {@code parameter} goes; null if it is frozen now. */
  public @Nullable INDArray gradient(String parameter) {
    Graft copy = copyOf(parameter);
    return copy == null ? null : ((TrainableCopy) copy.adapter()).of(parameter, copy.gradients());
  }

  private @Nullable Graft copyOf(String parameter) {
    if (!acts()) {
      return null;
    }
    for (Graft graft : grafts) {
      if (graft.adapter() instanceof TrainableCopy copy && copy.copies(parameter)) {
        return graft;
      }
    }
    return null;
  }

  /** Adds the active adapters' parts to a linear map's output {@code y} [rows, out]. */
  public void forward(Pass pass, INDArray x, INDArray y) {
    if (acts()) {
      for (Graft graft : grafts) {
        if (graft.adapter() instanceof LinearAdapter adapter) {
          adapter.forward(pass, graft.parameters(), x, y);
        }
      }
    }
  }

  /** Writes the active adapters' gradients and adds their parts to {@code dx} [rows, in]. */
  public void backward(Pass pass, INDArray x, INDArray dy, @Nullable INDArray dx) {
    if (acts()) {
      for (Graft graft : grafts) {
        if (graft.adapter() instanceof LinearAdapter adapter) {
          adapter.backward(pass, graft.parameters(), x, dy, graft.gradients(), dx);
        }
      }
    }
  }

  /** Adds the active adapters' parts to looked-up vectors {@code y} [ids, dim]. */
  public void forward(Pass pass, int[] ids, INDArray y) {
    if (acts()) {
      for (Graft graft : grafts) {
        if (graft.adapter() instanceof EmbeddingAdapter adapter) {
          adapter.forward(pass, graft.parameters(), ids, y);
        }
      }
    }
  }

  /** Writes the active adapters' gradients, given that of the looked-up vectors [ids, dim]. */
  public void backward(Pass pass, int[] ids, INDArray dy) {
    if (acts()) {
      for (Graft graft : grafts) {
        if (graft.adapter() instanceof EmbeddingAdapter adapter) {
          adapter.backward(pass, graft.parameters(), ids, dy, graft.gradients());
        }
      }
    }
  }

  /** Adds every active ΔW to {@code weight} (the shape is {@link WeightAdapter}'s), in place. */
  public void addDeltas(Pass pass, INDArray weight) {
    if (acts()) {
      for (Graft graft : grafts) {
        if (graft.adapter() instanceof WeightAdapter adapter) {
          adapter.addDelta(pass, graft.parameters(), weight);
        }
      }
    }
  }

  /** Writes the gradients of every active ΔW, given that of the effective weight. */
  public void deltaGradients(Pass pass, INDArray weightGradient) {
    if (acts()) {
      for (Graft graft : grafts) {
        if (graft.adapter() instanceof WeightAdapter adapter) {
          adapter.deltaGradient(pass, graft.parameters(), weightGradient, graft.gradients());
        }
      }
    }
  }

  /** Zeroes every gradient here: for a layer that no gradient reaches. */
  public void zeroGradients() {
    for (Graft graft : grafts) {
      Tensors gradients = graft.gradients();
      gradients.asMap().values().forEach(g -> g.assign(0));
    }
  }
}
