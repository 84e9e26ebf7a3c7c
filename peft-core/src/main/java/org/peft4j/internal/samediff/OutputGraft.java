package org.peft4j.internal.samediff;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.shape.LongShapeDescriptor;
import org.peft4j.internal.graft.Slot;
import org.peft4j.internal.graft.SublayerGrafts;
import org.peft4j.internal.samediff.sites.GraphPlace;

/**
 * The place after a variable, with adapters that change it. Arguments: the variable, parameters.
 */
final class OutputGraft extends GraphGraft {
  private final GraphPlace place;

  OutputGraft(Surroundings around, GraphPlace place, List<Slot> slots) {
    super(around, place.site(), slots);
    this.place = place;
  }

  @Override
  boolean hasInput() {
    return true;
  }

  @Override
  LongShapeDescriptor shape(List<INDArray> arguments) {
    INDArray x = arguments.get(0);
    return LongShapeDescriptor.fromShape(x.shape(), x.dataType());
  }

  @Override
  void forward(Step step, INDArray output) {
    output.assign(step.input());
    if (step.site().acts()) {
      changing(output, rows -> new SublayerGrafts(step.site()).forward(step.pass(), null, rows));
    }
  }

  @Override
  void backward(Step step, INDArray dy, @Nullable INDArray dx) {
    INDArray gradient = dx == null ? dy.dup('c') : dx.assign(dy);
    if (step.site().acts()) {
      changing(
          gradient,
          rows -> new SublayerGrafts(step.site()).backward(step.pass(), null, rows, null));
    }
    if (gradient != dx) {
      gradient.close();
    }
  }

  /** Changes an array, seen as row-major rows of features. */
  private void changing(INDArray array, java.util.function.Consumer<INDArray> change) {
    INDArray featuresLast = place.featuresLast(array);
    INDArray copy = featuresLast.dup('c');
    change.accept(copy.reshape('c', new long[] {-1, place.site().outputs()}));
    featuresLast.assign(copy);
    copy.close();
  }
}
