package org.peft4j.internal.original;

import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.site.Site;

/**
 * The place after a layer's activation, and the activation's layout: [batch, features], [batch,
 * features, time] or [batch, features, …space], or with the features last.
 *
 * @param site its site, of the kind SUBLAYER and as wide as the activation
 * @param sequenceFeaturesLast whether three dimensions are [batch, time, features]
 * @param imageFeaturesLast whether four and more are [batch, …space, features]
 */
public record OutputPlace(Site site, boolean sequenceFeaturesLast, boolean imageFeaturesLast) {
  /**
   * The activations as [batch, …, features], a view.
   *
   * @throws PeftException if the number of features is not the site's
   */
  public INDArray featuresLast(INDArray activations) {
    int rank = activations.rank();
    boolean last = rank == 2 || (rank == 3 ? sequenceFeaturesLast : imageFeaturesLast);
    INDArray view = last ? activations : activations.permute(withAxisOneLast(rank));
    if (view.size(rank - 1) != site.outputs()) {
      throw new PeftException(
          "%s expects activations of %d features, but the layer returned %s. Leave it out with exclude_modules."
              .formatted(site.name(), site.outputs(), activations.shapeInfoToString()));
    }
    return view;
  }

  private static int[] withAxisOneLast(int rank) {
    return IntStream.range(0, rank).map(i -> i == 0 ? 0 : i == rank - 1 ? 1 : i + 1).toArray();
  }
}
