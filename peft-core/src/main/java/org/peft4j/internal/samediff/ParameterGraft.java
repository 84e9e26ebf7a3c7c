package org.peft4j.internal.samediff;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.shape.LongShapeDescriptor;
import org.peft4j.adapter.ScalingAdapter;
import org.peft4j.adapter.TrainableCopy;
import org.peft4j.internal.graft.Graft;
import org.peft4j.internal.graft.Slot;
import org.peft4j.internal.graft.WeightGrafts;
import org.peft4j.site.Site;
import org.peft4j.site.SiteParameter;
import org.peft4j.weight.WeightView;

/**
 * A parameter that an operation of the base graph runs on: the frozen one, or its trainable copy,
 * with every change added. Arguments: parameters, the frozen one.
 */
final class ParameterGraft extends GraphGraft {
  private final SiteParameter parameter;
  private final WeightView view;

  /**
   * @param slots those that change the parameter: see {@link #changes}
   */
  ParameterGraft(
      Surroundings around, Site site, List<Slot> slots, SiteParameter parameter, WeightView view) {
    super(around, site, slots);
    this.parameter = parameter;
    this.view = view;
  }

  /** Whether an adapter of the site changes this parameter of it. */
  static boolean changes(Slot slot, SiteParameter parameter, boolean weight) {
    if (slot.adapter() instanceof TrainableCopy copy) {
      return copy.copies(parameter.name());
    }
    return weight
        || parameter.bias()
            && slot.adapter() instanceof ScalingAdapter scaler
            && !scaler.scalesInput();
  }

  @Override
  boolean hasInput() {
    return false;
  }

  @Override
  LongShapeDescriptor shape(List<INDArray> arguments) {
    INDArray frozen = arguments.get(parameters().size());
    return LongShapeDescriptor.fromShape(frozen.shape(), frozen.dataType());
  }

  @Override
  void forward(Step step, INDArray output) {
    INDArray own = step.site().parameter(parameter.name(), step.frozen(0));
    output.assign(own.reshape(output.shape()));
    if (!step.site().acts()) {
      return;
    }
    if (parameter.bias()) {
      scalers(step).forEach(graft -> output.muli(scale(graft).reshape(output.shape())));
    } else {
      new WeightGrafts(step.site()).apply(step.pass(), view.of(output), null);
    }
  }

  @Override
  void backward(Step step, INDArray dy, @Nullable INDArray dx) {
    INDArray copied = step.site().gradient(parameter.name());
    if (copied != null) {
      copied.assign(dy.reshape(copied.shape()));
    }
    if (!step.site().acts()) {
      return;
    }
    if (parameter.bias()) {
      biasGradients(step, dy, copied);
    } else {
      new WeightGrafts(step.site())
          .backward(step.pass(), view.of(step.frozen(0)), null, view.of(dy), null);
    }
  }

  /** {@code b' = b ⊙ Π l}. */
  private void biasGradients(Step step, INDArray dy, @Nullable INDArray copied) {
    List<Graft> scalers = scalers(step);
    INDArray own = step.site().parameter(parameter.name(), step.frozen(0));
    for (Graft graft : scalers) {
      INDArray target = ((ScalingAdapter) graft.adapter()).scale(graft.gradients());
      target.assign(dy.reshape(target.shape())).muli(own.reshape(target.shape()));
      scalers.stream()
          .filter(other -> other != graft)
          .forEach(other -> target.muli(scale(other).reshape(target.shape())));
    }
    if (copied != null) {
      scalers.forEach(graft -> copied.muli(scale(graft).reshape(copied.shape())));
    }
  }

  private static List<Graft> scalers(Step step) {
    return step.site().all().stream()
        .filter(graft -> graft.adapter() instanceof ScalingAdapter)
        .filter(graft -> step.site().actsNow(graft))
        .toList();
  }

  private static INDArray scale(Graft graft) {
    return ((ScalingAdapter) graft.adapter()).scale(graft.parameters());
  }
}
