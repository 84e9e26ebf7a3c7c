package org.peft4j.internal.samediff;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.functions.DifferentialFunction;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.autodiff.samediff.internal.Variable;
import org.nd4j.autodiff.samediff.serde.FlatBuffersMapper;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.internal.samediff.sites.GraphParts;
import org.peft4j.internal.samediff.sites.Use;

/**
 * The operations of a wrapped graph: as the base graph has them, with grafts for a while. SameDiff
 * lets nobody remove an operation, but gives its own maps away, so that what {@link #undo} restores
 * is what was there.
 */
final class Wiring {
  private record Wires(DifferentialFunction function, List<String> inputs, List<String> outputs) {}

  private record Ends(@Nullable List<String> inputOf, @Nullable String outputOf) {}

  private final SameDiff graph;
  private final Map<String, Wires> operations = new HashMap<>();
  private final Map<String, Ends> variables = new HashMap<>();

  Wiring(SameDiff graph) {
    this.graph = graph;
    graph
        .getOps()
        .forEach(
            (name, op) ->
                operations.put(
                    name,
                    new Wires(
                        op.getOp(),
                        List.copyOf(GraphParts.inputs(op)),
                        List.copyOf(op.getOutputsOfOp()))));
    graph
        .getVariables()
        .forEach(
            (name, variable) ->
                variables.put(
                    name,
                    new Ends(
                        variable.getInputsForOp() == null
                            ? null
                            : List.copyOf(variable.getInputsForOp()),
                        variable.getOutputOfOp())));
  }

  /** Removes every graft with its variables, and what was computed with them. */
  void undo() {
    graph.getOps().keySet().removeIf(name -> !operations.containsKey(name));
    for (String name : List.copyOf(graph.getVariables().keySet())) {
      if (!variables.containsKey(name)) {
        graph.getVariables().remove(name);
        if (graph.getVariablesArrays().hasArray(name)) {
          graph.getVariablesArrays().removeArray(name);
        }
      }
    }
    operations.forEach(
        (name, wires) -> {
          SameDiffOp op = op(name);
          op.setOp(wires.function);
          op.setInputsToOp(new ArrayList<>(wires.inputs));
          op.setOutputsOfOp(new ArrayList<>(wires.outputs));
        });
    variables.forEach(
        (name, ends) -> {
          Variable variable = GraphParts.variable(graph, name);
          variable.setInputsForOp(ends.inputOf == null ? null : new ArrayList<>(ends.inputOf));
          variable.setOutputOfOp(ends.outputOf);
        });
    forgetComputed();
  }

  /** Drops the derivatives and the sessions, which know the operations of before. */
  void forgetComputed() {
    graph.setLossVariables(graph.getLossVariables().toArray(new String[0]));
    graph.getSessions().clear();
  }

  /** Adds a variable that trains, over that very array. */
  void parameter(String name, INDArray array) {
    graph.var(name, array);
  }

  boolean isFree(String name) {
    return !graph.getVariables().containsKey(name);
  }

  List<String> inputs(String operation) {
    return GraphParts.inputs(op(operation));
  }

  /** Puts a graft in the place of an operation, with its output. */
  void replace(String operation, GraphGraft graft, List<String> inputs) {
    GraftOp function = new GraftOp(graph, operation, graft);
    op(operation).setOp(function);
    setInputs(operation, inputs);
  }

  /** A graft with these inputs, whose output these uses take instead of {@code variable}. */
  void before(String name, GraphGraft graft, List<String> inputs, String variable, List<Use> uses) {
    DataType type = graph.getVariable(variable).dataType();
    String output = name + "/output";
    add(output, type);
    insert(name, graft, inputs, output);
    for (Use use : uses) {
      List<String> arguments = new ArrayList<>(inputs(use.operation()));
      arguments.set(use.argument(), output);
      setInputs(use.operation(), arguments);
    }
  }

  /**
   * A graft after a variable: what the variable was goes into the graft, whose output is the
   * variable now, for whoever reads it or asks for it.
   */
  void after(String variable, String name, GraphGraft graft, List<String> parameters) {
    Variable known = GraphParts.variable(graph, variable);
    String producer = known.getOutputOfOp();
    String own = name + "/input";
    add(own, known.getVariable().dataType());
    SameDiffOp op = op(producer);
    List<String> outputs = new ArrayList<>(op.getOutputsOfOp());
    outputs.set(outputs.indexOf(variable), own);
    op.setOutputsOfOp(outputs);
    GraphParts.variable(graph, own).setOutputOfOp(producer);
    List<String> inputs = new ArrayList<>(List.of(own));
    inputs.addAll(parameters);
    insert(name, graft, inputs, variable);
    renew(op);
  }

  /** An operation remembers its output variables; another one does not. */
  private void renew(SameDiffOp op) {
    DifferentialFunction known = op.getOp();
    if (known instanceof GraftOp graft) {
      op.setOp(new GraftOp(graph, op.getName(), graft.graft()));
      return;
    }
    DifferentialFunction copy = FlatBuffersMapper.cloneViaSerialize(graph, known);
    copy.setSameDiff(graph);
    copy.setOwnName(op.getName());
    copy.configureWithSameDiff(graph);
    op.setOp(copy);
  }

  private void add(String name, DataType type) {
    graph.addVariable(new SDVariable(name, VariableType.ARRAY, graph, null, type));
  }

  private void insert(String name, GraphGraft graft, List<String> inputs, String output) {
    graph
        .getOps()
        .put(
            name,
            SameDiffOp.builder()
                .name(name)
                .op(new GraftOp(graph, name, graft))
                .outputsOfOp(new ArrayList<>(List.of(output)))
                .build());
    GraphParts.variable(graph, output).setOutputOfOp(name);
    setInputs(name, inputs);
  }

  private void setInputs(String operation, List<String> inputs) {
    for (String before : inputs(operation)) {
      List<String> of = GraphParts.variable(graph, before).getInputsForOp();
      if (of != null) {
        of.remove(operation);
      }
    }
    op(operation).setInputsToOp(new ArrayList<>(inputs));
    for (String input : inputs) {
      Variable variable = GraphParts.variable(graph, input);
      if (variable.getInputsForOp() == null) {
        variable.setInputsForOp(new ArrayList<>());
      }
      if (!variable.getInputsForOp().contains(operation)) {
        variable.getInputsForOp().add(operation);
      }
    }
  }

  private SameDiffOp op(String name) {
    return GraphParts.op(graph, name);
  }
}
