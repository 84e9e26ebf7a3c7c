package org.peft4j.internal.original.stock;

import java.util.List;
import java.util.function.Function;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.site.Site;

/**
 * A site of a layer that runs on effective weights.
 *
 * @param parameter the key of the site's weight in the layer's parameter table
 * @param view the view of that array as the site's weight
 */
record WeightSite(Site site, String parameter, View view) {
  /** The weight of {@code site}, one of {@code weights}, as a view of the array of its key. */
  static INDArray view(List<WeightSite> weights, Site site, Function<String, INDArray> arrays) {
    return weights.stream()
        .filter(weight -> weight.site().equals(site))
        .findFirst()
        .map(weight -> weight.view().of(arrays.apply(weight.parameter())))
        .orElseThrow(() -> new IllegalArgumentException("No weight at " + site.name() + "."));
  }

  /** The shape of {@link org.peft4j.adapter.WeightAdapter} as a view of Deeplearning4j's array. */
  enum View {
    /** A matrix [in, out]. */
    TRANSPOSED {
      @Override
      INDArray of(INDArray array) {
        return array.transpose();
      }
    },
    /** Projections of attention heads [heads, headSize, in], as one matrix [heads·headSize, in]. */
    HEADS {
      @Override
      INDArray of(INDArray array) {
        return array.reshape('c', array.size(0) * array.size(1), array.size(2));
      }
    },
    /** Convolution kernels [out, in, …kernel], and parameters without grafts. */
    AS_IS {
      @Override
      INDArray of(INDArray array) {
        return array;
      }
    };

    abstract INDArray of(INDArray array);
  }
}
