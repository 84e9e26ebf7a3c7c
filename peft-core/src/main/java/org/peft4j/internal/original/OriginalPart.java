package org.peft4j.internal.original;

import java.util.List;
import java.util.Optional;
import org.peft4j.adapter.Adapter;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.site.Site;
import org.peft4j.weight.FrozenWeight;

/**
 * How one layer of a base model, or a vertex with parameters, is hosted: its sites and its frozen
 * weights. Its twin in the wrapped network is made by {@link OriginalLayer} or {@link
 * OriginalVertex}.
 */
public interface OriginalPart {
  /** The layer's sites; empty for a layer without parameters. */
  List<Site> sites();

  /** The frozen value of a site's parameter, the same object at every call. */
  FrozenWeight frozen(Site site, String parameter);

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

  /**
   * Whether an adapter's own bias at a site enters where the layer adds its own, so that merging
   * changes nothing.
   */
  default boolean takesBias(Site site) {
    return true;
  }

  /**
   * Refuses an adapter that cannot act here, whatever its kind of site.
   *
   * @throws org.peft4j.error.PeftException if this is one
   */
  default void requireTaken(Adapter adapter) {}

  /** The factor of rows that the embedding of this site looks up. */
  default double lookUpFactor(Site site) {
    return 1;
  }

  /** Whether its frozen weights live outside of the base network's parameter vector. */
  default boolean external() {
    return false;
  }
}
