package org.peft4j.internal.original;

import java.util.List;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.site.Site;

/**
 * How one layer of a base model, or a vertex with parameters, is hosted: its sites and its frozen
 * arrays. Its twin in the wrapped network is made by {@link OriginalLayer} or {@link
 * OriginalVertex}.
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

  /** The Hugging Face model type of the model that it is of, which default targets go by. */
  default Optional<String> modelType() {
    return Optional.empty();
  }

  /** Whether adapters can act on some rows of a batch and not on others. */
  default boolean rowsApart() {
    return false;
  }

  /** The same with these adapters on it. */
  default boolean rowsApart(LayerGrafts grafts) {
    return rowsApart();
  }

  /** Whether its frozen arrays live outside of the base network's parameter vector. */
  default boolean external() {
    return false;
  }
}
