package org.peft4j.internal.original;

import java.util.List;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.site.Site;

/**
 * A layer of the base model, or a vertex with parameters: its sites and frozen values. {@link OriginalLayer} and {@link OriginalVertex} build its twin for the wrapped network.
 */
public interface OriginalPart {
  /** The layer's sites; empty for a layer without parameters. */
  List<Site> sites();

  /** The frozen value of a parameter, in the shape of the site's parameter list: never a copy. */
  INDArray frozen(Site site, String parameter);

  /**
   * The weight of a site as a view in the shape that a {@link org.peft4j.adapter.WeightAdapter}
   * takes.
   */
  INDArray weight(Site site);

  /** Whether this is a language model's output head, which {@code all-linear} leaves out. */
  default boolean outputHead() {
    return false;
  }

  /** The Hugging Face model type of its model, which selects default targets. */
  default Optional<String> modelType() {
    return Optional.empty();
  }

  /** Whether each row of a batch can have its own adapter. */
  default boolean rowsApart() {
    return false;
  }

  /** The same with these grafts. */
  default boolean rowsApart(LayerGrafts grafts) {
    return rowsApart();
  }

  /** Whether its frozen arrays live outside of the base network's parameter vector. */
  default boolean external() {
    return false;
  }
}
