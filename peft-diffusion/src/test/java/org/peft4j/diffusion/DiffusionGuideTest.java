package org.peft4j.diffusion;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.peft4j.PeftModel;
import org.peft4j.lora.LoraConfig;
import org.peft4j.transformers.config.Precision;

/** The code of the guide to diffusion models. */
class DiffusionGuideTest {
  private final Path adapter;

  DiffusionGuideTest(@TempDir Path adapter) {
    this.adapter = adapter;
  }

  @Test
  void aUNetIsWrappedTrainedAndSaved() {
    GoldenUNet golden = GoldenUNet.named("attention");
    Path folder = GoldenUNet.base("sd1");
    INDArray[] inputs = golden.inputs();
    INDArray sample = inputs[0];
    INDArray timestep = inputs[1];
    INDArray text = inputs[2];
    INDArray[] target = {golden.input("target")};

    try (UNet unet = Diffusion.loadUNet(folder)) {
      LoraConfig config =
          LoraConfig.builder().rank(4).targetModules("to_q", "to_k", "to_v", "to_out.0").build();
      PeftModel<ComputationGraph> model = unet.wrap(config);
      model.network().fit(new MultiDataSet(new INDArray[] {sample, timestep, text}, target));
      model.save(adapter);
    }

    try (UNet unet = Diffusion.loadUNet(folder)) {
      unet.adapt(adapter);
      INDArray trained = unet.predict(sample, timestep, text);
      INDArray before = golden.expected("base_sample");
      assertThat(trained.sub(before).amaxNumber().doubleValue()).isPositive();
    }
  }

  @Test
  void aStepMayTakeLittleMemory() {
    DiffusionOptions small =
        DiffusionOptions.defaults().withPrecision(Precision.BF16).withGradientCheckpointing(true);

    GoldenUNet golden = GoldenUNet.named("attention");
    try (UNet unet = golden.open(small)) {
      INDArray[] inputs = golden.inputs();
      INDArray sample = unet.predict(inputs[0], inputs[1], inputs[2]);
      INDArray expected = golden.expected("base_sample");
      double difference = sample.sub(expected).amaxNumber().doubleValue();
      assertThat(difference / expected.amaxNumber().doubleValue()).isBetween(1e-6, 0.05);
    }
  }

  @Test
  void weightsMayStayInTheirFile() {
    DiffusionOptions offloaded = DiffusionOptions.defaults().withOffload(true);

    GoldenUNet golden = GoldenUNet.named("attention");
    INDArray[] inputs = golden.inputs();
    try (UNet unet = golden.open(offloaded);
        UNet plain = golden.open(DiffusionOptions.defaults())) {
      assertThat(unet.predict(inputs[0], inputs[1], inputs[2]))
          .isEqualTo(plain.predict(inputs[0], inputs[1], inputs[2]));
    }
  }
}
