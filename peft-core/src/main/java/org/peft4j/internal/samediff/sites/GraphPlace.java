package org.peft4j.internal.samediff.sites;

import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.site.Site;

/**
 * The place after a variable.
 *
 * @param site its site, of the kind SUBLAYER and as wide as the variable has features
 * @param axis the dimension of the features, counted from the end: −1 is the last one
 */
public record GraphPlace(Site site, int axis) {
  /**
   * The variable's array as [batch, …, features], a view.
   *
   * @throws PeftException if the number of features is not the site's
   */
  public INDArray featuresLast(INDArray array) {
    int rank = array.rank();
    int at = rank + axis;
    if (at < 0 || array.size(at) != site.outputs()) {
      throw new PeftException(
          "%s expects %d features in dimension %d from the end, but the graph computed %s. Leave it out with exclude_modules."
              .formatted(site.name(), site.outputs(), -axis, array.shapeInfoToString()));
    }
    int[] order =
        IntStream.range(0, rank).map(i -> i == rank - 1 ? at : i < at ? i : i + 1).toArray();
    return at == rank - 1 ? array : array.permute(order);
  }
}
