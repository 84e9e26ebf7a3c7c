package org.peft4j.testing;

import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Data and output layers of the small networks. */
final class Samples {
  static final int ROWS = 4;
  static final int IN = 5;
  static final int WIDTH = 8;
  static final int OUT = 3;
  static final int TIME = 4;

  private Samples() {}

  static INDArray random(long... shape) {
    Nd4j.getRandom().setSeed(1);
    return Nd4j.rand(DataType.DOUBLE, shape).subi(0.5).muli(2);
  }

  static INDArray labels(int rows) {
    INDArray labels = Nd4j.zeros(DataType.DOUBLE, rows, OUT);
    for (int i = 0; i < rows; i++) {
      labels.putScalar(i, (i * 7 + i / 3) % OUT, 1);
    }
    return labels;
  }

  static Layer softmax(boolean bias) {
    return new OutputLayer.Builder(LossFunction.MCXENT)
        .name("out")
        .nOut(OUT)
        .hasBias(bias)
        .activation(Activation.SOFTMAX)
        .build();
  }

  static Layer softmaxOfSteps(RNNFormat format) {
    return new RnnOutputLayer.Builder(LossFunction.MCXENT)
        .name("out")
        .nOut(OUT)
        .dataFormat(format)
        .activation(Activation.SOFTMAX)
        .build();
  }
}
