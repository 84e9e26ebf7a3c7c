package org.peft4j.diffusion;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;
import org.peft4j.PeftModel;
import org.peft4j.train.optimizer.AdamW;
import org.peft4j.train.optimizer.ParameterRates;
import org.peft4j.train.optimizer.Update;

/** Steps of training on UNets are those of diffusers and Hugging Face PEFT. */
class UNetTrainingTest {
  private static final double TOLERANCE = 1e-5;

  /** A gradient of less than this part of the largest may be rounding, which Adam enlarges. */
  private static final double NOISE = 1e-3;

  static List<String> cases() {
    return GoldenUNet.names();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void fiveStepsOfAdamWAreTheReferences(String name) {
    GoldenUNet golden = GoldenUNet.named(name);
    try (UNet unet = golden.open(DiffusionOptions.defaults());
        PeftModel<ComputationGraph> model = unet.adapt(golden.adapter());
        var plain = model.training().withoutDropout()) {
      ComputationGraph network = model.network();
      INDArray losses = golden.expected("losses_adamw");
      double rate = golden.json().path("learning_rate").asDouble();
      ParameterRates rates = ParameterRates.uniform(golden.json().path("weight_decay").asDouble());
      try (AdamW optimizer = new AdamW(network.params())) {
        for (int step = 1; step <= losses.length(); step++) {
          golden.set(network);
          network.computeGradientAndScore();
          double expected = losses.getDouble(step - 1);
          assertThat(Math.abs(network.score() - expected) / expected)
              .as("loss %d", step)
              .isLessThan(TOLERANCE);
          INDArray gradient = network.gradient().gradient();
          optimizer.update(new Update(step, network.params(), gradient, rate, rates));
        }
      }
      Map<String, INDArray> trained = model.adapter("default").tensors();
      List<String> keys = golden.expectedNames("after_adamw.");
      assertThat(trained.keySet()).containsExactlyInAnyOrderElementsOf(keys);
      for (String key : keys) {
        INDArray wanted = golden.expected("after_adamw." + key);
        INDArray difference =
            Objects.requireNonNull(trained.get(key)).sub(wanted).muli(determined(golden, key));
        assertThat(difference.amaxNumber().doubleValue() / wanted.amaxNumber().doubleValue())
            .as(key)
            .isLessThan(5 * TOLERANCE);
      }
    }
  }

  private static INDArray determined(GoldenUNet golden, String key) {
    INDArray gradient = Transforms.abs(golden.expected("grad." + key));
    return gradient.gt(NOISE * gradient.maxNumber().doubleValue()).castTo(DataType.FLOAT);
  }

  @Test
  void weightsOfPicturesWeighTheirErrors() {
    GoldenUNet golden = GoldenUNet.named("attention");
    try (UNet unet = golden.open(DiffusionOptions.defaults())) {
      ComputationGraph network = unet.graph();
      INDArray target = golden.input("target");
      INDArray weights = Nd4j.createFromArray(new float[][] {{0.25f}, {3}});
      INDArray[] labels = {target};
      MultiDataSet weighted =
          new MultiDataSet(golden.inputs(), labels, null, new INDArray[] {weights});

      INDArray sample = golden.expected("base_sample");
      double expected = 0;
      for (int b = 0; b < 2; b++) {
        INDArray difference = sample.slice(b).sub(target.slice(b));
        double mean = difference.mul(difference).meanNumber().doubleValue();
        expected += weights.getDouble(b) * mean / 2;
      }
      assertThat(Math.abs(network.score(weighted, false) - expected) / expected)
          .isLessThan(TOLERANCE);
    }
  }

  @Test
  void fitTrains() {
    GoldenUNet golden = GoldenUNet.named("attention");
    try (UNet unet = golden.open(DiffusionOptions.defaults());
        PeftModel<ComputationGraph> model = unet.adapt(golden.adapter())) {
      MultiDataSet batch =
          new MultiDataSet(golden.inputs(), new INDArray[] {golden.input("target")});
      double before = model.network().score(batch, false);
      for (int i = 0; i < 30; i++) {
        model.network().fit(batch);
      }
      assertThat(model.network().score(batch, false)).isLessThan(before - 0.01);
    }
  }
}
