package org.peft4j.lora.eva;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;
import org.peft4j.lora.internal.algebra.PrincipalParts;
import org.peft4j.memory.DetachedArrays;

/** The principal components of a module's inputs about their mean. */
final class InputMoments {
  private final INDArray sum;
  private final INDArray products;
  private long count;

  InputMoments(long width) {
    sum = DetachedArrays.zeros(DataType.DOUBLE, 1, width);
    products = DetachedArrays.zeros(DataType.DOUBLE, width, width);
  }

  /** Records rows [n, width]. */
  void add(INDArray rows) {
    INDArray wide = rows.castTo(DataType.DOUBLE);
    sum.addi(wide.sum(true, 0));
    products.addi(wide.transpose().mmul(wide));
    count += rows.size(0);
  }

  /**
   * Components and their shares of the variance.
   *
   * @param components as rows, [k, width]
   * @param ratios the share of each, from the largest on
   * @param values singular values of the centred inputs
   */
  record Components(INDArray components, double[] ratios, double[] values) {}

  Components components(String site, int wanted) {
    INDArray scatter = products.sub(sum.transpose().mmul(sum).divi(Math.max(1, count)));
    double total = Nd4j.diag(scatter).sumNumber().doubleValue();
    int k = (int) Math.min(wanted, Math.min(count, scatter.size(0)));
    if (k == 0 || !(total > 0)) {
      throw new PeftException(
          "EVA has seen "
              + count
              + " inputs of "
              + site
              + " without any variance. Give it batches.");
    }
    // A symmetric matrix' singular vectors are eigenvectors, its singular values eigenvalues.
    PrincipalParts parts = PrincipalParts.of(scatter, k);
    double[] ratios = new double[k];
    double[] values = new double[k];
    for (int i = 0; i < k; i++) {
      ratios[i] = parts.values()[i] / total;
      values[i] = Math.sqrt(parts.values()[i]);
    }
    return new Components(parts.right(), ratios, values);
  }
}
