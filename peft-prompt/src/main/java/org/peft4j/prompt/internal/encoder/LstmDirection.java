package org.peft4j.prompt.internal.encoder;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Initializer;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.memory.Scratch;

/**
 * One direction of one layer of PyTorch's LSTM: with the gates i, f, g, o of {@code W·x + b + U·h +
 * c}, {@code cell = σ(f)·cell + σ(i)·tanh(g)} and {@code h = σ(o)·tanh(cell)}.
 *
 * @param suffix the end of its parameters' names: {@code l0}, {@code l0_reverse}
 */
record LstmDirection(String suffix, int in, int hidden, boolean reverse) {
  private static final String HEAD = "lstm_head.";

  /**
   * The values that the gradients need.
   *
   * @param gates after their activations, [time][4·hidden]
   * @param cells [time][hidden]
   * @param out h, [time][hidden]
   */
  record Kept(INDArray x, double[][] gates, double[][] cells, double[][] out) {}

  List<ParameterSpec> parameters() {
    Initializer first = Initializer.uniform(1 / Math.sqrt(hidden));
    return List.of(
        ParameterSpec.of(HEAD + "weight_ih_" + suffix, first, 4L * hidden, in),
        ParameterSpec.of(HEAD + "weight_hh_" + suffix, first, 4L * hidden, hidden),
        ParameterSpec.of(HEAD + "bias_ih_" + suffix, first, 4L * hidden),
        ParameterSpec.of(HEAD + "bias_hh_" + suffix, first, 4L * hidden));
  }

  private int at(int step, int time) {
    return reverse ? time - 1 - step : step;
  }

  Kept forward(Pass pass, Tensors parameters, INDArray x) {
    int time = (int) x.size(0);
    double[][] gates = fromInput(pass, parameters, x);
    double[][] recurrent = parameters.get(HEAD + "weight_hh_" + suffix).toDoubleMatrix();
    double[][] cells = new double[time][hidden];
    double[][] out = new double[time][hidden];
    double[] h = new double[hidden];
    double[] cell = new double[hidden];
    for (int step = 0; step < time; step++) {
      int t = at(step, time);
      addProduct(recurrent, h, gates[t]);
      for (int j = 0; j < hidden; j++) {
        double i = sigmoid(gates[t][j]);
        double f = sigmoid(gates[t][hidden + j]);
        double g = Math.tanh(gates[t][2 * hidden + j]);
        double o = sigmoid(gates[t][3 * hidden + j]);
        gates[t][j] = i;
        gates[t][hidden + j] = f;
        gates[t][2 * hidden + j] = g;
        gates[t][3 * hidden + j] = o;
        cells[t][j] = f * cell[j] + i * g;
        out[t][j] = o * Math.tanh(cells[t][j]);
      }
      h = out[t];
      cell = cells[t];
    }
    return new Kept(x, gates, cells, out);
  }

  private double[][] fromInput(Pass pass, Tensors parameters, INDArray x) {
    INDArray z = Scratch.of(x.dataType(), x.size(0), 4L * hidden);
    INDArray w = parameters.get(HEAD + "weight_ih_" + suffix);
    pass.kernels().affine(x, w, true, parameters.get(HEAD + "bias_ih_" + suffix), z);
    pass.kernels().addBias(z, parameters.get(HEAD + "bias_hh_" + suffix));
    double[][] gates = z.toDoubleMatrix();
    Scratch.release(z);
    return gates;
  }

  private static void addProduct(double[][] matrix, double[] vector, double[] sums) {
    for (int i = 0; i < matrix.length; i++) {
      double sum = 0;
      for (int j = 0; j < vector.length; j++) {
        sum += matrix[i][j] * vector[j];
      }
      sums[i] += sum;
    }
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  /** Writes the gradients, given h's gradient [time][hidden]; returns that of x. */
  INDArray backward(Pass pass, Tensors parameters, Kept kept, double[][] dOut, Tensors gradients) {
    int time = dOut.length;
    double[][] recurrent = parameters.get(HEAD + "weight_hh_" + suffix).toDoubleMatrix();
    double[][] dGates = new double[time][4 * hidden];
    double[][] before = new double[time][hidden];
    double[] dh = new double[hidden];
    double[] dCell = new double[hidden];
    for (int step = time - 1; step >= 0; step--) {
      int t = at(step, time);
      double[] cellBefore = step == 0 ? new double[hidden] : kept.cells()[at(step - 1, time)];
      before[t] = step == 0 ? new double[hidden] : kept.out()[at(step - 1, time)];
      double[] gates = kept.gates()[t];
      for (int j = 0; j < hidden; j++) {
        double i = gates[j];
        double f = gates[hidden + j];
        double g = gates[2 * hidden + j];
        double o = gates[3 * hidden + j];
        double upper = dOut[t][j] + dh[j];
        double tanh = Math.tanh(kept.cells()[t][j]);
        double d = dCell[j] + upper * o * (1 - tanh * tanh);
        dGates[t][j] = d * g * i * (1 - i);
        dGates[t][hidden + j] = d * cellBefore[j] * f * (1 - f);
        dGates[t][2 * hidden + j] = d * i * (1 - g * g);
        dGates[t][3 * hidden + j] = upper * tanh * o * (1 - o);
        dCell[j] = d * f;
      }
      dh = transposedProduct(recurrent, dGates[t]);
    }
    return fromGates(pass, parameters, kept, dGates, before, gradients);
  }

  private double[] transposedProduct(double[][] matrix, double[] vector) {
    double[] sums = new double[hidden];
    for (int i = 0; i < matrix.length; i++) {
      for (int j = 0; j < hidden; j++) {
        sums[j] += matrix[i][j] * vector[i];
      }
    }
    return sums;
  }

  private INDArray fromGates(
      Pass pass,
      Tensors parameters,
      Kept kept,
      double[][] dGates,
      double[][] before,
      Tensors gradients) {
    INDArray x = kept.x();
    INDArray dz = Nd4j.createFromArray(dGates).castTo(x.dataType());
    INDArray h = Nd4j.createFromArray(before).castTo(x.dataType());
    pass.kernels().matmul(dz, true, x, false, 1, 0, gradients.get(HEAD + "weight_ih_" + suffix));
    pass.kernels().matmul(dz, true, h, false, 1, 0, gradients.get(HEAD + "weight_hh_" + suffix));
    INDArray dBias = gradients.get(HEAD + "bias_ih_" + suffix);
    pass.kernels().columnSums(dz, dBias);
    gradients.get(HEAD + "bias_hh_" + suffix).assign(dBias);
    INDArray dx = Scratch.of(x.dataType(), x.shape());
    INDArray w = parameters.get(HEAD + "weight_ih_" + suffix);
    pass.kernels().matmul(dz, false, w, false, 1, 0, dx);
    Scratch.release(dz, h);
    return dx;
  }
}
