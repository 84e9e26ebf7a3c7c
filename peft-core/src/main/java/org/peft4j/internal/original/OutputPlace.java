package org.peft4j.internal.original;

import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.site.Site;

/**
 * The place after a layer's activation, and how that lies in memory: [batch, features], [batch,
 * features, time] or [batch, features, …space], or with the features last.
 *
 * @param site of the kind SUBLAYER, as wide as the activation has features
 * @param sequenceFeaturesLast whether three dimensions are [batch, time, features]
 * @param imageFeaturesLast whether four and more are [batch, …space, features]
 */
public record OutputPlace(Site site, boolean sequenceFeaturesLast, boolean imageFeaturesLast) {
  /**
   * The activations as [batch, …, features], a view.
   *
   * @throws PeftException if there are not as many features as the site has
   */
  public INDArray featuresLast(INDArray activations) {
    int rank = activations.rank();
    boolean last = rank == 2 || (rank == 3 ? sequenceFeaturesLast : imageFeaturesLast);
    INDArray view = last ? activations : activations.permute(withAxisOneLast(rank));
    if (view.size(rank - 1) != site.outputs()) {
      throw new PeftException(
          "%s stands for activations of %d features, but the layer gave %s. Leave it out with exclude_modules."
              .formatted(site.name(), site.outputs(), activations.shapeInfoToString()));
    }
    return view;
  }

  private static int[] withAxisOneLast(int rank) {
    return IntStream.range(0, rank).map(i -> i == 0 ? 0 : i == rank - 1 ? 1 : i + 1).toArray();
  }
}
