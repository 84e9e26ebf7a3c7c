package org.peft4j.train.optimizer;

import java.util.Arrays;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.memory.DetachedArrays;
import org.peft4j.memory.Scratch;
import org.peft4j.method.ParameterGroups;
import org.peft4j.method.ParameterGroups.Group;
import org.peft4j.method.TensorPlace;

/**
 * A factor and a decay for each parameter.
 *
 * @param rates r, [1, n]
 * @param decays r λ, [1, n]
 */
record RateOfEach(INDArray rates, INDArray decays) implements ParameterRates {
  static ParameterRates of(
      ParameterGroups groups, double learningRate, List<TensorPlace> places, INDArray parameters) {
    List<Group> distinct =
        places.stream().map(place -> group(groups, place, learningRate)).distinct().toList();
    if (distinct.size() == 1 && distinct.get(0).rate() == 1) {
      return new UniformRate(distinct.get(0).weightDecay());
    }
    double[] rates = new double[Math.toIntExact(parameters.length())];
    double[] decays = new double[rates.length];
    for (TensorPlace place : places) {
      Group group = group(groups, place, learningRate);
      int from = (int) place.offset();
      int to = (int) place.end();
      Arrays.fill(rates, from, to, group.rate());
      Arrays.fill(decays, from, to, group.rate() * group.weightDecay());
    }
    return new RateOfEach(like(parameters, rates), like(parameters, decays));
  }

  private static Group group(ParameterGroups groups, TensorPlace place, double learningRate) {
    return groups.of(place.key(), place.shape().size(), learningRate);
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
