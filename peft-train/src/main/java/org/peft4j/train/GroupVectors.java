package org.peft4j.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.PeftModel;
import org.peft4j.kernel.DetachedArrays;
import org.peft4j.kernel.Scratch;
import org.peft4j.method.ParameterGroups;
import org.peft4j.method.ParameterGroups.Group;

/**
 * The groups of all parameters, spread over vectors like the network's.
 *
 * @param rates what the learning rate is multiplied with
 * @param decays the decay, times the rate
 */
record GroupVectors(INDArray rates, INDArray decays) implements AutoCloseable {
  static GroupVectors of(
      PeftModel<ComputationGraph> model, ParameterGroups groups, FineTuningSettings settings) {
    List<Group> numbered = new ArrayList<>();
    INDArray parameters = model.network().params();
    INDArray values = DetachedArrays.copy(parameters);
    // Each tensor is a view of the vector: its number shows where it lies.
    for (String adapter : model.active()) {
      for (Map.Entry<String, INDArray> entry : model.adapter(adapter).tensors().entrySet()) {
        INDArray tensor = entry.getValue();
        tensor.assign(numbered.size());
        numbered.add(groups.of(entry.getKey(), tensor.rank(), settings.learningRate()));
      }
    }
    double[] numbers = parameters.dup('c').data().asDouble();
    parameters.assign(values);
    Scratch.release(values);
    double[] rates = new double[numbers.length];
    double[] decays = new double[numbers.length];
    for (int i = 0; i < numbers.length; i++) {
      Group group = numbered.get((int) numbers[i]);
      rates[i] = group.rate();
      decays[i] = group.rate() * group.weightDecay();
    }
    return new GroupVectors(like(parameters, rates), like(parameters, decays));
  }

  private static INDArray like(INDArray vector, double[] values) {
    INDArray result = DetachedArrays.zeros(vector.dataType(), vector.shape());
    INDArray source = Nd4j.createFromArray(values);
    result.assign(source.reshape(vector.shape()));
    Scratch.release(source);
    return result;
  }

  @Override
  public void close() {
    Scratch.release(rates, decays);
  }
}
