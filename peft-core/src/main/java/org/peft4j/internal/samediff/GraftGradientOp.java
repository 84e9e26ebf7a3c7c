package org.peft4j.internal.samediff;

import java.util.ArrayList;
import java.util.List;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.shape.LongShapeDescriptor;

/** The derivative of a {@link GraftOp}, given the gradient of its output and its own arguments. */
public final class GraftGradientOp extends JavaOp {
  /** Of which arguments the gradients are computed. */
  enum Part {
    INPUT,
    PARAMETERS,
    BOTH;

    boolean input() {
      return this != PARAMETERS;
    }

    boolean parameters() {
      return this != INPUT;
    }
  }

  /** For SameDiff, which makes operations by reflection. */
  public GraftGradientOp() {}

  GraftGradientOp(
      SameDiff graph, GraphGraft graft, Part part, SDVariable gradient, SDVariable[] arguments) {
    super(graph, with(gradient, arguments));
    setGraft(graft, part.ordinal());
  }

  private static SDVariable[] with(SDVariable gradient, SDVariable[] arguments) {
    List<SDVariable> all = new ArrayList<>(List.of(gradient));
    all.addAll(List.of(arguments));
    return all.toArray(new SDVariable[0]);
  }

  private Part part() {
    return Part.values()[getIArgument(1).intValue()];
  }

  @Override
  public String opName() {
    return "peft4j_graft_bp";
  }

  @Override
  public int getNumOutputs() {
    GraphGraft graft = graft();
    return (part().input() && graft.hasInput() ? 1 : 0)
        + (part().parameters() ? graft.parameters().size() : 0);
  }

  /** The arguments whose gradients are computed. */
  private List<INDArray> differentiated(List<INDArray> inputs) {
    GraphGraft graft = graft();
    int first = 1 + (graft.hasInput() ? 1 : 0);
    return inputs.subList(
        part().input() ? 1 : first,
        part().parameters() ? first + graft.parameters().size() : first);
  }

  @Override
  List<LongShapeDescriptor> shapes(List<INDArray> inputs) {
    return differentiated(inputs).stream()
        .map(array -> LongShapeDescriptor.fromShape(array.shape(), array.dataType()))
        .toList();
  }

  @Override
  void run(List<INDArray> inputs, List<INDArray> outputs) {
    GraphGraft graft = graft();
    boolean input = part().input() && graft.hasInput();
    graft.backward(
        inputs.subList(1, inputs.size()),
        inputs.get(0),
        input ? outputs.get(0) : null,
        part().parameters() ? outputs.subList(input ? 1 : 0, outputs.size()) : List.of(),
        part() == Part.BOTH || !graft.hasInput() || graft.parameters().isEmpty());
  }

  @Override
  public List<SDVariable> doDiff(List<SDVariable> gradients) {
    throw new UnsupportedOperationException("Adapters have no second derivatives.");
  }
}
