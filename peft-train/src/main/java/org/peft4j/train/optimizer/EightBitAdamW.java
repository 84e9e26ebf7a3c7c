package org.peft4j.train.optimizer;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.memory.DetachedArrays;
import org.peft4j.memory.Scratch;
import org.peft4j.method.TensorPlace;

/**
 * {@link AdamW} whose moments are in 8 bits between the steps (Dettmers et al., 2022), as
 * bitsandbytes computes it: in blocks of 256 elements of a tensor, each with its absolute maximum
 * as factor of 256 values of dynamic quantisation. Tensors of fewer than 4,096 elements have
 * moments in FP32.
 */
public final class EightBitAdamW implements Optimizer {
  private static final double BETA1 = 0.9;
  private static final double BETA2 = 0.999;
  private static final double EPSILON = 1e-8;
  private static final int SMALLEST = 4096;

  private final List<TensorPlace> places;
  private final List<MomentMemory> first = new ArrayList<>();
  private final List<MomentMemory> second = new ArrayList<>();
  private final INDArray scratch;

  /**
   * @param parameters [1, n]
   * @param places where their tensors lie
   */
  public EightBitAdamW(INDArray parameters, List<TensorPlace> places) {
    this.places = List.copyOf(places);
    scratch = DetachedArrays.zeros(parameters.dataType(), parameters.shape());
    for (TensorPlace place : places) {
      boolean small = place.count() < SMALLEST;
      first.add(small ? MomentMemory.full(place) : MomentMemory.signed(place));
      second.add(small ? MomentMemory.full(place) : MomentMemory.unsigned(place));
    }
  }

  static long stateBytes(TensorPlace place) {
    return 2 * (place.count() < SMALLEST ? 4 * place.count() : MomentMemory.codedBytes(place));
  }

  /** The moments are computed in FP32 in PyTorch's order, since rounding decides about codes. */
  @Override
  public boolean update(Update update) {
    scratch.assign(0);
    double firstCorrection = 1 - Math.pow(BETA1, update.step());
    double secondCorrection = Math.sqrt(1 - Math.pow(BETA2, update.step()));
    double factor = -update.learningRate() / firstCorrection;
    for (int i = 0; i < places.size(); i++) {
      double[] g = TensorValues.read(update.gradient(), places.get(i));
      float[] m = first.get(i).numbers();
      float[] v = second.get(i).numbers();
      for (int k = 0; k < g.length; k++) {
        float gradient = (float) g[k];
        m[k] = Math.fma(gradient, (float) (1 - BETA1), m[k] * (float) BETA1);
        v[k] = v[k] * (float) BETA2 + (float) (1 - BETA2) * gradient * gradient;
        g[k] = factor * m[k] / (Math.sqrt(v[k]) / secondCorrection + EPSILON);
      }
      first.get(i).store(m);
      second.get(i).store(v);
      TensorValues.write(g, scratch, places.get(i));
    }
    update.rates().apply(scratch, update.parameters(), update.learningRate());
    return update.assign(scratch);
  }

  /** The moments, their codes and factors, by tensor. */
  @Override
  public Map<String, INDArray> state() {
    Map<String, INDArray> state = new LinkedHashMap<>();
    for (int i = 0; i < places.size(); i++) {
      String name = "." + places.get(i).adapter() + "." + places.get(i).key();
      first.get(i).state().forEach((kind, array) -> state.put("exp_avg" + kind + name, array));
      second.get(i).state().forEach((kind, array) -> state.put("exp_avg_sq" + kind + name, array));
    }
    return state;
  }

  @Override
  public void requireUsable(String name, INDArray value) {
    MomentMemory.requireUsable(name, value);
  }

  @Override
  public void close() {
    Scratch.release(scratch);
    state().values().forEach(Scratch::release);
  }
}
