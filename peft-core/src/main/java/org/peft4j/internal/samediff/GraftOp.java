package org.peft4j.internal.samediff;

import java.util.ArrayList;
import java.util.List;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.shape.LongShapeDescriptor;

/**
 * A place of the wrapped graph where adapters act. Its arguments are what has a gradient, the input
 * (if there is one) and the adapters' parameters, and then what is frozen. Its derivative has no
 * part for what is frozen, so SameDiff computes none.
 */
public final class GraftOp extends JavaOp {
  /** For SameDiff, which makes operations by reflection. */
  public GraftOp() {}

  GraftOp(SameDiff graph, String name, GraphGraft graft) {
    setSameDiff(graph);
    setOwnName(name);
    setGraft(graft);
  }

  @Override
  public String opName() {
    return "peft4j_graft";
  }

  @Override
  public int getNumOutputs() {
    return 1;
  }

  @Override
  List<LongShapeDescriptor> shapes(List<INDArray> inputs) {
    return List.of(graft().shape(inputs));
  }

  @Override
  void run(List<INDArray> inputs, List<INDArray> outputs) {
    graft().forward(inGradientGraph(), inputs, outputs.get(0));
  }

  /** Whether this is the copy in the graph that has the derivatives, by which training runs. */
  @SuppressWarnings("ReferenceEquality") // Graphs are equal by their values.
  private boolean inGradientGraph() {
    return graft().graph() != sameDiff;
  }

  @Override
  public List<SDVariable> doDiff(List<SDVariable> gradients) {
    SDVariable[] arguments = args();
    GraphGraft graft = graft();
    List<SDVariable> result = new ArrayList<>();
    boolean apart = graft.hasInput() && !Ancestry.trains(sameDiff, arguments[0].name());
    if (apart || graft.parameters().isEmpty()) {
      // Nothing below trains: the gradient of the input is computed only for who asks for it.
      result.addAll(part(gradients.get(0), arguments, GraftGradientOp.Part.INPUT));
    }
    if (!graft.parameters().isEmpty()) {
      result.addAll(
          part(
              gradients.get(0),
              arguments,
              apart || !graft.hasInput()
                  ? GraftGradientOp.Part.PARAMETERS
                  : GraftGradientOp.Part.BOTH));
    }
    return result;
  }

  private List<SDVariable> part(
      SDVariable gradient, SDVariable[] arguments, GraftGradientOp.Part part) {
    GraftGradientOp op = new GraftGradientOp(sameDiff, graft(), part, gradient, arguments);
    SDVariable[] results = op.outputVariables();
    if (graft().records()) {
      results[0].addControlDependency(outputVariables()[0]);
    }
    return List.of(results);
  }
}
