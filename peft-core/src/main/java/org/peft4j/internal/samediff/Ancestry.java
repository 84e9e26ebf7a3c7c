package org.peft4j.internal.samediff;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.autodiff.samediff.internal.Variable;
import org.peft4j.internal.samediff.sites.GraphParts;

/** What a variable of a graph is computed from. */
final class Ancestry {
  private Ancestry() {}

  /** Whether anything that trains goes into a variable. */
  static boolean trains(SameDiff graph, String name) {
    return any(graph, name, v -> v.getVariable().getVariableType() == VariableType.VARIABLE);
  }

  /** Whether one variable goes into another. */
  static boolean needs(SameDiff graph, String name, String input) {
    return any(graph, name, variable -> variable.getName().equals(input));
  }

  private static boolean any(SameDiff graph, String name, Predicate<Variable> is) {
    Deque<String> open = new ArrayDeque<>(List.of(name));
    Set<String> seen = new HashSet<>(open);
    while (!open.isEmpty()) {
      Variable variable = GraphParts.variable(graph, open.remove());
      if (is.test(variable)) {
        return true;
      }
      if (variable.getOutputOfOp() != null) {
        List<String> inputs = GraphParts.op(graph, variable.getOutputOfOp()).getInputsToOp();
        if (inputs != null) {
          inputs.stream().filter(seen::add).forEach(open::add);
        }
      }
    }
    return false;
  }
}
