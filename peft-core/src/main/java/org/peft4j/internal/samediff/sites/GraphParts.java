package org.peft4j.internal.samediff.sites;

import java.util.List;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.autodiff.samediff.internal.Variable;

/** The operations and variables of a graph, by name. */
public final class GraphParts {
  private GraphParts() {}

  /** The operation of that name. */
  public static SameDiffOp op(SameDiff graph, String name) {
    SameDiffOp op = graph.getOps().get(name);
    if (op == null) {
      throw new IllegalArgumentException("No operation " + name + " in this graph.");
    }
    return op;
  }

  /** The variable of that name, with its ends. */
  public static Variable variable(SameDiff graph, String name) {
    Variable variable = graph.getVariables().get(name);
    if (variable == null) {
      throw new IllegalArgumentException("No variable " + name + " in this graph.");
    }
    return variable;
  }

  /** The variables that an operation takes. */
  public static List<String> inputs(SameDiffOp op) {
    return op.getInputsToOp() == null ? List.of() : op.getInputsToOp();
  }
}
