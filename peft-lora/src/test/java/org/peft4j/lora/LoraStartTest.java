package org.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.lora.convert.LoraAdapters;
import org.peft4j.testing.LayerCase;
import org.peft4j.testing.LayerCases;

/** Adapters that begin elsewhere than at zero. */
class LoraStartTest {
  private static final String NAME = Peft.DEFAULT_ADAPTER;
  private static final INDArray X = SmallModel.data().getFeatures();

  private static PeftModel<ComputationGraph> wrapped(ComputationGraph base, LoraInit init) {
    return Peft.wrap(
        base,
        LoraConfig.builder()
            .rank(2)
            .alpha(6)
            .rslora(true)
            .init(init)
            .dropout(0.1)
            .targetModules("dense1", "out")
            .build());
  }

  @ParameterizedTest
  @EnumSource(names = {"PISSA", "OLORA", "ORTHOGONAL"})
  void outputsBeginAsTheBaseModelsAndTheWeightStays(LoraInit init, @TempDir Path folder) {
    ComputationGraph base = SmallModel.graph();
    INDArray frozen = base.params().dup();
    PeftModel<ComputationGraph> model = wrapped(base, init);
    assertThat(relative(model.network().outputSingle(X), base.outputSingle(X))).isLessThan(1e-6);
    for (INDArray tensor : model.adapter(NAME).tensors().values()) {
      assertThat(tensor.amaxNumber().doubleValue()).isGreaterThan(1e-3);
    }
    for (int i = 0; i < 5; i++) {
      model.network().fit(SmallModel.data());
    }
    INDArray trained = model.network().outputSingle(X);
    assertThat(relative(trained, base.outputSingle(X))).isGreaterThan(1e-3);
    assertThat(base.params()).isEqualTo(frozen);
    try (var merged = model.merged()) {
      assertThat(relative(model.network().outputSingle(X), trained)).isLessThan(1e-5);
    }
    model.save(folder);
    PeftModel<ComputationGraph> loaded = Peft.load(SmallModel.graph(), folder);
    assertThat(loaded.config(NAME)).isEqualTo(model.config(NAME));
    assertThat(loaded.network().outputSingle(X)).isEqualTo(trained);
  }

  @Test
  void anApproximateStartIsComputedExactlyAndSavedAsSuch(@TempDir Path folder) throws IOException {
    wrapped(SmallModel.graph(), LoraInit.APPROXIMATE_PISSA).save(folder);
    Path config = folder.resolve("adapter_config.json");
    String text = Files.readString(config);
    assertThat(text).contains("\"init_lora_weights\" : \"pissa\"");

    Files.writeString(config, text.replace("\"pissa\"", "\"pissa_niter_16\""));
    ComputationGraph base = SmallModel.graph();
    assertThatThrownBy(() -> Peft.load(base, folder))
        .isInstanceOf(PeftException.class)
        .hasMessageContainingAll(
            "random approximation", "path_initial_model_for_weight_conversion");
  }

  @Test
  void aNewAdapterWithEvaNeedsDataAndASavedOneDoesNot(@TempDir Path folder) throws IOException {
    ComputationGraph base = SmallModel.graph();
    assertThatThrownBy(() -> wrapped(base, LoraInit.EVA))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("EvaInitialiser");

    PeftModel<ComputationGraph> model = wrapped(base, LoraInit.STANDARD);
    model.save(folder);
    Path config = folder.resolve("adapter_config.json");
    Files.writeString(
        config,
        Files.readString(config)
            .replace("\"init_lora_weights\" : true", "\"init_lora_weights\" : \"eva\""));
    assertThat(Peft.load(SmallModel.graph(), folder).network().params())
        .isEqualTo(model.network().params());
  }

  @ParameterizedTest
  @EnumSource(names = {"PISSA", "OLORA"})
  void theConvertedAdapterIsPlainAndDoesTheSame(LoraInit init, @TempDir Path folder) {
    PeftModel<ComputationGraph> model = wrapped(SmallModel.graph(), init);
    model.network().fit(SmallModel.data());
    INDArray trained = model.network().outputSingle(X);
    LoraAdapters.convertToPlain(model, NAME, "plain");
    model.setActive("plain");
    assertThat(relative(model.network().outputSingle(X), trained)).isLessThan(1e-5);
    model.save("plain", folder);
    PeftModel<ComputationGraph> loaded = Peft.load(SmallModel.graph(), folder);
    LoraConfig config = (LoraConfig) loaded.config(NAME);
    assertThat(config.ranks().rank()).isEqualTo(4);
    assertThat(config.init()).isEqualTo(LoraInit.STANDARD);
    assertThat(relative(loaded.network().outputSingle(X), trained)).isLessThan(1e-5);
    assertThatThrownBy(() -> LoraAdapters.convertToPlain(model, "plain", "again"))
        .hasMessageContaining("nothing to convert");
  }

  @Test
  void gradientsThroughTheShiftAreThoseOfTheLoss() {
    ComputationGraph base = SmallModel.graph().convertDataType(DataType.DOUBLE);
    PeftModel<ComputationGraph> model =
        Peft.wrap(
            base,
            LoraConfig.builder()
                .rank(2)
                .init(LoraInit.PISSA)
                .targetModules("dense1", "dense2", "out")
                .build());
    INDArray x = X.castTo(DataType.DOUBLE);
    INDArray y = SmallModel.data().getLabels().castTo(DataType.DOUBLE);
    var data = new org.nd4j.linalg.dataset.DataSet(x, y);
    model.adapter(NAME).tensors().values().forEach(t -> t.addi(0.1));
    model.network().setInputs(x);
    model.network().setLabels(y);
    model.network().computeGradientAndScore();
    INDArray gradient = model.network().gradient().gradient().dup().divi(x.size(0));
    INDArray parameters = model.network().params();
    for (long i = 0; i < parameters.length(); i += 5) {
      double value = parameters.getDouble(i);
      parameters.putScalar(i, value + 1e-6);
      double up = model.network().score(data);
      parameters.putScalar(i, value - 1e-6);
      double down = model.network().score(data);
      parameters.putScalar(i, value);
      assertThat(Math.abs(gradient.getDouble(i) - (up - down) / 2e-6)).isLessThan(1e-7);
    }
  }

  @Test
  void ranksAboveTheWeightsAndOtherSitesAreRefused() {
    ComputationGraph base = SmallModel.graph();
    LoraConfig.Builder config = LoraConfig.builder().rank(4).init(LoraInit.PISSA);
    assertThatThrownBy(() -> Peft.wrap(base, config.targetModules("out").build()))
        .hasMessageContaining("needs a rank of at most 3 at out");
    LayerCase convolution = LayerCases.named("convolution 2d");
    MultiLayerNetwork network = convolution.base();
    assertThatThrownBy(
            () ->
                Peft.wrap(
                    network,
                    LoraConfig.builder().init(LoraInit.OLORA).targetModules("layer").build()))
        .hasMessageContaining("olora is for linear modules; layer is of the sort CONVOLUTION");
  }

  private static double relative(INDArray actual, INDArray expected) {
    return actual.sub(expected).amaxNumber().doubleValue() / expected.amaxNumber().doubleValue();
  }
}
