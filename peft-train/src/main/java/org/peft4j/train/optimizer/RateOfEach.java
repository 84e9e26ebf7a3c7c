package org.peft4j.train.optimizer;

import java.util.Arrays;
import java.util.Map;
import org.deeplearning4j.nn.api.Model;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.PeftModel;
import org.peft4j.kernel.DetachedArrays;
import org.peft4j.kernel.Scratch;
import org.peft4j.method.ParameterGroups;
import org.peft4j.method.ParameterGroups.Group;

/**
 * A factor and a decay for each parameter.
 *
 * @param rates r, [1, n]
 * @param decays r λ, [1, n]
 */
record RateOfEach(INDArray rates, INDArray decays) implements ParameterRates {
  static RateOfEach of(PeftModel<? extends Model> model, ParameterGroups groups, double rate) {
    INDArray parameters = model.network().params();
    double[] rates = new double[Math.toIntExact(parameters.length())];
    double[] decays = new double[rates.length];
    for (String adapter : model.active()) {
      for (Map.Entry<String, INDArray> entry : model.tensors(adapter).entrySet()) {
        INDArray tensor = entry.getValue();
        Group group = groups.of(entry.getKey(), tensor.rank(), rate);
        int from = Math.toIntExact(tensor.offset() - parameters.offset());
        int to = Math.toIntExact(from + tensor.length());
        Arrays.fill(rates, from, to, group.rate());
        Arrays.fill(decays, from, to, group.rate() * group.weightDecay());
      }
    }
    return new RateOfEach(like(parameters, rates), like(parameters, decays));
  }

  private static INDArray like(INDArray vector, double[] values) {
    INDArray result = DetachedArrays.zeros(vector.dataType(), vector.shape());
    INDArray source = Nd4j.createFromArray(values);
    result.assign(source.reshape(vector.shape()));
    Scratch.release(source);
    return result;
  }

  @Override
  public void apply(INDArray change, INDArray parameters, double learningRate) {
    change.muli(rates);
    INDArray decay = parameters.mul(decays);
    Nd4j.getBlasWrapper().axpy(-learningRate, decay, change);
    Scratch.release(decay);
    change.addi(parameters);
  }

  @Override
  public void close() {
    Scratch.release(rates, decays);
  }
}
