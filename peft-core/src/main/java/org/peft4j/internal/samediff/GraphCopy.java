package org.peft4j.internal.samediff;

import java.util.ArrayList;
import java.util.List;
import org.nd4j.autodiff.samediff.ArrayHolder;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.autodiff.samediff.array.SingleThreadArrayHolder;
import org.nd4j.autodiff.samediff.array.ThreadSafeArrayHolder;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.memory.DetachedArrays;

/** Makes graphs with the operations of another. */
final class GraphCopy {
  private static final String GRADIENTS = "grad";

  private GraphCopy() {}

  /** A graph over the same arrays, in which every variable is a constant. */
  static SameDiff frozen(SameDiff base) {
    SameDiff copy = of(base);
    List<SDVariable> variables = new ArrayList<>();
    for (SDVariable variable : copy.variables()) {
      if (variable.getVariableType() == VariableType.VARIABLE) {
        variables.add(variable);
      }
    }
    copy.convertToConstants(variables);
    for (SDVariable variable : base.variables()) {
      requireShared(variable, copy);
    }
    return copy;
  }

  private static void requireShared(SDVariable variable, SameDiff copy) {
    boolean held =
        variable.getVariableType() == VariableType.VARIABLE
            || variable.getVariableType() == VariableType.CONSTANT;
    INDArray array = held ? variable.getArr() : null;
    if (array != null
        && !array.isEmpty()
        && copy.getVariable(variable.name()).getArr().data() != array.data()) {
      throw new PeftException(
          "SameDiff cannot share the array of "
              + variable.name()
              + " between graphs, so wrapping would copy it. Set the variable to an array of its"
              + " own memory, with SDVariable.setArray(array.dup()), first.");
    }
  }

  /** A graph with arrays of its own, whose variables train as those of {@code base} do. */
  static SameDiff whole(SameDiff base) {
    SameDiff copy = of(base);
    for (SDVariable variable : base.variables()) {
      INDArray array =
          variable.getVariableType() == VariableType.VARIABLE
                  || variable.getVariableType() == VariableType.CONSTANT
              ? variable.getArr()
              : null;
      if (array != null && !array.isEmpty()) {
        ArrayHolder holder =
            variable.getVariableType() == VariableType.VARIABLE
                ? copy.getVariablesArrays()
                : copy.getConstantArrays();
        holder.removeArray(variable.name());
        holder.setArray(variable.name(), DetachedArrays.copy(array));
      }
    }
    return copy;
  }

  private static SameDiff of(SameDiff base) {
    if (base.getOps().isEmpty()) {
      throw new PeftException("This graph has no operations yet: define it, or load it, first.");
    }
    SameDiff copy = SameDiff.create();
    // The usual holder, of arrays for each device, would copy what is set a second time.
    copy.setArrayHolders(new SingleThreadArrayHolder(), new SingleThreadArrayHolder(), false);
    base.invokeGraphOn(copy);
    copy.setArrayHolders(new ThreadSafeArrayHolder(true), new ThreadSafeArrayHolder(true), true);
    for (String function : base.definedFunctionNames()) {
      if (!function.equals(GRADIENTS)) {
        copy.putSubFunction(function, base.getFunction(function));
      }
    }
    if (base.outputs() != null) {
      copy.setOutputs(base.outputs());
    }
    if (base.getTrainingConfig() != null) {
      TrainingConfig training = TrainingConfig.fromJson(base.getTrainingConfig().toJson());
      training.setIterationCount(0);
      training.setEpochCount(0);
      copy.setTrainingConfig(training);
    }
    copy.setLossVariables(base.getLossVariables().toArray(new String[0]));
    return copy;
  }
}
