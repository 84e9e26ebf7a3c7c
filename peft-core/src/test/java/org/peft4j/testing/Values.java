package org.peft4j.testing;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Tensors;

/** Arrays of double precision, and the tensors of adapters in them. */
public final class Values {
  private Values() {}

  /** Entries from (−1, 1), the same for the same seed. */
  public static INDArray random(long seed, long... shape) {
    INDArray array = Nd4j.create(DataType.DOUBLE, shape, 'c');
    Random random = new Random(seed);
    for (long i = 0; i < array.length(); i++) {
      array.putScalar(i, 2 * random.nextDouble() - 1);
    }
    return array;
  }

  /** Zeros. */
  public static INDArray zeros(long... shape) {
    return Nd4j.create(DataType.DOUBLE, shape, 'c');
  }

  /** Random values of each parameter, all of them far from where training begins. */
  public static Tensors random(long seed, List<ParameterSpec> parameters) {
    Map<String, INDArray> values = new LinkedHashMap<>();
    for (ParameterSpec spec : parameters) {
      values.put(spec.name(), random(seed + values.size(), spec.shapeArray()));
    }
    return new Tensors(values);
  }

  /** The values that training begins with. */
  public static Tensors first(long seed, List<ParameterSpec> parameters) {
    Map<String, INDArray> values = new LinkedHashMap<>();
    for (ParameterSpec spec : parameters) {
      INDArray array = zeros(spec.shapeArray());
      spec.initializer().fill(array, new Random(seed + values.size()));
      values.put(spec.name(), array);
    }
    return new Tensors(values);
  }

  /** Room for gradients that holds numbers already: a gradient is written, not added. */
  public static Tensors room(Tensors values) {
    Tensors room = values.detachedCopy();
    room.asMap().values().forEach(array -> array.assign(99));
    return room;
  }

  /** {@code Σ a ⊙ b}: a loss whose gradient with respect to a is b. */
  public static double inner(INDArray a, INDArray b) {
    return a.mul(b).sumNumber().doubleValue();
  }

  /** The shapes of parameters, by their names, in order. */
  public static Map<String, List<Long>> shapes(List<ParameterSpec> parameters) {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    parameters.forEach(spec -> shapes.put(spec.name(), spec.shape()));
    return shapes;
  }
}
