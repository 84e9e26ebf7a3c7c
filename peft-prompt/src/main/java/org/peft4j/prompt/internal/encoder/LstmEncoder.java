package org.peft4j.prompt.internal.encoder;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Initializer;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;

/**
 * A bidirectional LSTM over trained embeddings, and two linear maps with max(0, ·) between them
 * (Liu et al. 2021, GPT Understands, Too, section 3.2).
 *
 * @param tokens the number of virtual tokens
 * @param width of an embedding and of a row of the table
 * @param hidden of a direction
 * @param layers of the LSTM
 * @param dropout between its layers, in training
 */
public record LstmEncoder(int tokens, int width, int hidden, int layers, double dropout)
    implements TableEncoder {
  private Perceptron head() {
    return new Perceptron("mlp_head", List.of(2L * hidden, 2L * hidden, (long) width), false);
  }

  private LstmDirection direction(int layer, boolean reverse) {
    int in = layer == 0 ? width : 2 * hidden;
    return new LstmDirection("l" + layer + (reverse ? "_reverse" : ""), in, hidden, reverse);
  }

  @Override
  public List<ParameterSpec> parameters() {
    List<ParameterSpec> all = new ArrayList<>();
    all.add(ParameterSpec.of(PerceptronEncoder.EMBEDDING, Initializer.normal(1), tokens, width));
    for (int layer = 0; layer < layers; layer++) {
      all.addAll(direction(layer, false).parameters());
      all.addAll(direction(layer, true).parameters());
    }
    all.addAll(head().parameters());
    return all;
  }

  private record Layer(LstmDirection.Kept forward, LstmDirection.Kept backward, double[][] mask) {}

  @Override
  public long outputs() {
    return width;
  }

  @Override
  public Trace encode(Pass pass, Tensors parameters) {
    List<Layer> kept = new ArrayList<>();
    INDArray x = parameters.get(PerceptronEncoder.EMBEDDING);
    SplittableRandom random = new SplittableRandom(pass.seed());
    for (int layer = 0; layer < layers; layer++) {
      LstmDirection.Kept forward = direction(layer, false).forward(pass, parameters, x);
      LstmDirection.Kept backward = direction(layer, true).forward(pass, parameters, x);
      boolean drops = pass.training() && dropout > 0 && layer < layers - 1;
      double[][] mask = mask(drops, random);
      kept.add(new Layer(forward, backward, mask));
      x = array(beside(forward.out(), backward.out(), mask), x);
    }
    List<INDArray> values = head().forward(pass, parameters, x);
    return new Trace() {
      @Override
      public INDArray table() {
        return values.get(values.size() - 1);
      }

      @Override
      public void backward(INDArray dTable, Tensors gradients) {
        INDArray upper = head().backward(pass, parameters, values, dTable, gradients);
        for (int layer = layers - 1; layer >= 0; layer--) {
          upper = through(pass, parameters, layer, kept.get(layer), upper, gradients);
        }
        gradients.get(PerceptronEncoder.EMBEDDING).assign(upper);
      }
    };
  }

  private INDArray through(
      Pass pass, Tensors parameters, int layer, Layer kept, INDArray upper, Tensors gradients) {
    double[][] d = upper.toDoubleMatrix();
    double[][] forward = new double[tokens][hidden];
    double[][] backward = new double[tokens][hidden];
    for (int t = 0; t < tokens; t++) {
      for (int j = 0; j < hidden; j++) {
        forward[t][j] = d[t][j] * kept.mask()[t][j];
        backward[t][j] = d[t][hidden + j] * kept.mask()[t][hidden + j];
      }
    }
    INDArray dx =
        direction(layer, false).backward(pass, parameters, kept.forward(), forward, gradients);
    return dx.addi(
        direction(layer, true).backward(pass, parameters, kept.backward(), backward, gradients));
  }

  private double[][] mask(boolean drops, SplittableRandom random) {
    double[][] mask = new double[tokens][2 * hidden];
    for (double[] row : mask) {
      for (int j = 0; j < row.length; j++) {
        row[j] = !drops ? 1 : random.nextDouble() < dropout ? 0 : 1 / (1 - dropout);
      }
    }
    return mask;
  }

  private double[][] beside(double[][] left, double[][] right, double[][] mask) {
    double[][] both = new double[tokens][2 * hidden];
    for (int t = 0; t < tokens; t++) {
      for (int j = 0; j < hidden; j++) {
        both[t][j] = left[t][j] * mask[t][j];
        both[t][hidden + j] = right[t][j] * mask[t][hidden + j];
      }
    }
    return both;
  }

  private static INDArray array(double[][] values, INDArray like) {
    return Nd4j.createFromArray(values).castTo(like.dataType());
  }
}
