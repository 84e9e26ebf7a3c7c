package org.peft4j.prompt.internal.encoder;

import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;

/**
 * Linear maps with a function f between them: {@code Wₖ·f(…f(W₁·x))}.
 *
 * @param prefix the prefix of the parameters' names: {@code mlp_head}
 * @param widths of the input, of each hidden layer and of the output
 * @param tanh whether f is the hyperbolic tangent; otherwise max(0, ·)
 */
record Perceptron(String prefix, List<Long> widths, boolean tanh) {
  /** PyTorch also numbers the functions, so the k-th map has the number 2·k. */
  private Linear linear(int k) {
    return new Linear(prefix + "." + 2 * k, widths.get(k), widths.get(k + 1));
  }

  private int count() {
    return widths.size() - 1;
  }

  List<ParameterSpec> parameters() {
    List<ParameterSpec> all = new ArrayList<>();
    for (int k = 0; k < count(); k++) {
      all.addAll(linear(k).parameters());
    }
    return all;
  }

  /** The input of each map, then the output. */
  List<INDArray> forward(Pass pass, Tensors parameters, INDArray x) {
    List<INDArray> values = new ArrayList<>(List.of(x));
    for (int k = 0; k < count(); k++) {
      INDArray y = linear(k).forward(pass, parameters, values.get(k));
      if (k < count() - 1) {
        y = tanh ? Transforms.tanh(y, false) : Transforms.relu(y, false);
      }
      values.add(y);
    }
    return values;
  }

  /** Writes the gradients, given the output's gradient; returns the input's. */
  INDArray backward(
      Pass pass, Tensors parameters, List<INDArray> values, INDArray dy, Tensors gradients) {
    INDArray upper = dy;
    for (int k = count() - 1; k >= 0; k--) {
      upper = linear(k).backward(pass, parameters, values.get(k), upper, gradients);
      if (k > 0) {
        upper.muli(slope(values.get(k)));
      }
    }
    return upper;
  }

  /** f' in terms of f: 1 − f² or [f > 0]. */
  private INDArray slope(INDArray f) {
    return tanh ? f.mul(f).rsubi(1) : f.gt(0).castTo(f.dataType());
  }
}
