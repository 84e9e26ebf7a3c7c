package org.peft4j.train.optimizer;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.memory.DetachedArrays;
import org.peft4j.memory.Scratch;
import org.peft4j.method.TensorPlace;

/**
 * Adafactor (Shazeer and Stern, 2018) without momentum, as Hugging Face transformers computes it.
 * The second moment of a matrix is the product of one number for each row and one for each column.
 * At step t = 1, 2, …, with gradient G of a tensor P and β = 1 − t^(−0.8):
 *
 * <pre>
 * R ← β R + (1 − β) rowMeans(G² + 1e-30)
 * C ← β C + (1 − β) columnMeans(G² + 1e-30)
 * U = G / √(R Cᵀ / mean(R))
 * P ← (1 − η λ) P − η U / max(1, rms(U))
 * </pre>
 *
 * <p>A vector has a moment for each element. η is the rate of the training, or with {@link
 * #relativeSteps} {@code min(1e-2, 1/√t) · max(1e-3, rms(P))}.
 */
public final class Adafactor implements Optimizer {
  private static final double DECAY = -0.8;
  private static final double LARGEST_STEP = 1e-2;
  private static final double SMALLEST_SCALE = 1e-3;

  private final List<TensorPlace> places;
  private final Map<String, INDArray> state = new LinkedHashMap<>();
  private final INDArray scratch;
  private final boolean relative;

  /** At the rates of the training. */
  public Adafactor(INDArray parameters, List<TensorPlace> places) {
    this(parameters, places, false);
  }

  private Adafactor(INDArray parameters, List<TensorPlace> places, boolean relative) {
    this.places = List.copyOf(places);
    this.relative = relative;
    scratch = DetachedArrays.zeros(parameters.dataType(), parameters.shape());
    for (TensorPlace place : places) {
      Moments moments = Moments.of(place);
      for (Map.Entry<String, Integer> array : moments.sizes().entrySet()) {
        state.put(
            name(array.getKey(), place),
            DetachedArrays.zeros(parameters.dataType(), 1, array.getValue()));
      }
    }
  }

  /**
   * With steps relative to each tensor's size, instead of the rates of the training. It takes no
   * rates of single tensors and no weight decay.
   */
  public static Adafactor relativeSteps(INDArray parameters, List<TensorPlace> places) {
    return new Adafactor(parameters, places, true);
  }

  private static String name(String kind, TensorPlace place) {
    return kind + "." + place.adapter() + "." + place.key();
  }

  @Override
  public boolean update(Update update) {
    if (relative && !update.rates().equals(ParameterRates.uniform(0))) {
      throw new PeftException(
          "Adafactor with relative steps has a rate for each tensor of its own: set no rates of"
              + " single tensors and no weight decay, or use Adafactor at the rate of the"
              + " training.");
    }
    scratch.assign(0);
    for (TensorPlace place : places) {
      double[] values = TensorValues.read(update.gradient(), place);
      change(values, place, update.step());
      double rate = rate(update, place);
      for (int i = 0; i < values.length; i++) {
        values[i] *= -rate;
      }
      TensorValues.write(values, scratch, place);
    }
    update.rates().apply(scratch, update.parameters(), update.learningRate());
    return update.assign(scratch);
  }

  private double rate(Update update, TensorPlace place) {
    if (!relative) {
      return update.learningRate();
    }
    double size = rms(TensorValues.read(update.parameters(), place));
    return Math.min(LARGEST_STEP, 1 / Math.sqrt(update.step())) * Math.max(SMALLEST_SCALE, size);
  }

  /** G becomes U / max(1, rms(U)). */
  private void change(double[] gradient, TensorPlace place, long step) {
    double beta = 1 - Math.pow(step, DECAY);
    Moments moments = Moments.of(place);
    Map<String, double[]> arrays = new LinkedHashMap<>();
    moments.sizes().forEach((kind, size) -> arrays.put(kind, values(kind, place)));
    moments.apply(gradient, arrays, beta);
    arrays.forEach((kind, values) -> store(values, kind, place));
    double scale = Math.max(1, rms(gradient));
    for (int i = 0; i < gradient.length; i++) {
      gradient[i] /= scale;
    }
  }

  private double[] values(String kind, TensorPlace place) {
    return array(kind, place).data().asDouble();
  }

  private INDArray array(String kind, TensorPlace place) {
    INDArray array = state.get(name(kind, place));
    if (array == null) {
      throw new IllegalStateException("No state of " + place.key() + ".");
    }
    return array;
  }

  private void store(double[] values, String kind, TensorPlace place) {
    TensorValues.write(
        values,
        array(kind, place),
        new TensorPlace(place.adapter(), place.key(), List.of((long) values.length), 0));
  }

  private static double rms(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value * value;
    }
    return Math.sqrt(sum / values.length);
  }

  /** The moments of each tensor, by PyTorch's names and the tensor's. */
  @Override
  public Map<String, INDArray> state() {
    return state;
  }

  /** Refuses negative means of squares. */
  @Override
  public void requireUsable(String name, INDArray value) {
    if (value.minNumber().doubleValue() < 0) {
      throw new PeftException(
          name
              + " of the checkpoint has negative values, which no mean of squares has. Resume from"
              + " another checkpoint.");
    }
  }

  @Override
  public void close() {
    Scratch.release(scratch);
    state.values().forEach(Scratch::release);
  }
}
