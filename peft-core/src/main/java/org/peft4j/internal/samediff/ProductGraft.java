package org.peft4j.internal.samediff;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.shape.LongShapeDescriptor;
import org.peft4j.internal.graft.LinearGrafts;
import org.peft4j.internal.graft.Slot;
import org.peft4j.internal.module.LinearModule;
import org.peft4j.internal.samediff.sites.Product;
import org.peft4j.site.Site;
import org.peft4j.weight.FrozenWeight;

/**
 * A frozen product with adapters beside it. The base graph's own operation computes the product,
 * and {@link LinearModule} its gradient: of the input only, never of the weight. Arguments: the
 * input, parameters, the weight, and the bias if the operation has one.
 */
final class ProductGraft extends GraphGraft {
  private final Product product;
  private final FrozenWeight weight;
  private final @Nullable FrozenWeight bias;

  /**
   * @param bias the bias that the operation itself adds; null if it adds none
   */
  ProductGraft(
      Surroundings around,
      Site site,
      List<Slot> slots,
      Product product,
      FrozenWeight weight,
      @Nullable FrozenWeight bias) {
    super(around, site, slots);
    this.product = product;
    this.weight = weight;
    this.bias = bias;
  }

  @Override
  boolean hasInput() {
    return true;
  }

  @Override
  LongShapeDescriptor shape(List<INDArray> arguments) {
    INDArray x = arguments.get(0);
    long rows = x.size(product.inputTurned() ? 1 : 0);
    long outputs = weight.shape()[0];
    long[] shape = product.outputTurned() ? new long[] {outputs, rows} : new long[] {rows, outputs};
    return LongShapeDescriptor.fromShape(shape, x.dataType());
  }

  @Override
  void forward(Step step, INDArray output) {
    INDArray x = product.rows(step.input());
    LinearGrafts linear = new LinearGrafts(step.site());
    boolean acts = step.site().acts();
    INDArray rows = acts ? rowMajor(x) : x;
    INDArray input = acts ? linear.input(step.pass(), rows) : x;
    INDArray w = step.site().parameter("weight", step.frozen(0));
    INDArray b = step.frozenCount() > 1 ? step.site().parameter("bias", step.frozen(1)) : null;
    List<INDArray> arguments = new ArrayList<>();
    INDArray operand = input == rows ? step.input() : product.operand(input);
    arguments.add(product.weightFirst() ? w : operand);
    arguments.add(product.weightFirst() ? operand : w);
    if (b != null) {
      arguments.add(b);
    }
    product.op().run(arguments, output);
    if (acts) {
      INDArray y = product.outputTurned() ? output.transpose() : output;
      INDArray changed = rowMajor(y);
      linear.output(step.pass(), b, rows, changed);
      if (changed != y) {
        y.assign(changed);
      }
      release(changed, y);
      release(input, rows);
      release(rows, x);
    }
  }

  @Override
  void backward(Step step, INDArray dy, @Nullable INDArray dx) {
    INDArray x = product.rows(step.input());
    INDArray gradient = product.outputTurned() ? dy.transpose() : dy;
    INDArray rows = rowMajor(x);
    INDArray upstream = rowMajor(gradient);
    INDArray target = dx == null ? null : product.rows(dx);
    INDArray written = target == null ? null : rowMajor(target);
    new LinearModule(step.site(), weight, bias).backward(step.pass(), rows, upstream, written, 0);
    if (target != null && written != null && written != target) {
      target.assign(written);
      release(written, target);
    }
    release(upstream, gradient);
    release(rows, x);
  }
}
