package org.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.internal.files.TensorFile;
import org.peft4j.testing.LayerCases;

/** Adapter folders: strict when read, whole when written. */
class AdapterFilesTest {
  private static final String A = "base_model.model.dense1.lora_A.weight";

  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  private static PeftModel<ComputationGraph> model() {
    return Peft.wrap(
        SmallModel.graph(), LoraConfig.builder().rank(2).targetModules("dense1").build());
  }

  private void rewrite(Map<String, INDArray> tensors) {
    TensorFile.write(folder.resolve("adapter_model.safetensors"), tensors, Map.of("format", "pt"));
  }

  private Map<String, INDArray> saved() {
    PeftModel<ComputationGraph> model = model();
    model.save(folder);
    return new LinkedHashMap<>(model.adapter(Peft.DEFAULT_ADAPTER).tensors());
  }

  private void assertRefused(String... parts) {
    ComputationGraph base = SmallModel.graph();
    assertThatThrownBy(() -> Peft.load(base, folder))
        .isInstanceOf(PeftException.class)
        .hasMessageContainingAll(parts);
  }

  @Test
  void aMissingTensorIsNamed() {
    Map<String, INDArray> tensors = saved();
    tensors.remove(A);
    rewrite(tensors);
    assertRefused("missing " + A);
  }

  @Test
  void anUnexpectedTensorIsNamedWithTheNearest() {
    Map<String, INDArray> tensors = saved();
    tensors.put("base_model.model.dense1.lora_C.weight", Nd4j.zeros(2, 2));
    rewrite(tensors);
    assertRefused("unexpected base_model.model.dense1.lora_C.weight");
  }

  @Test
  void aMisshapenTensorIsNamedWithBothShapes() {
    Map<String, INDArray> tensors = saved();
    tensors.put(A, Nd4j.zeros(3, SmallModel.IN));
    rewrite(tensors);
    assertRefused(A + " has the shape [3, 4]; this model's is [2, 4]");
  }

  @Test
  void nonFiniteValuesAreRefused() {
    Map<String, INDArray> tensors = saved();
    tensors.put(A, Nd4j.valueArrayOf(new long[] {2, SmallModel.IN}, Float.NaN));
    rewrite(tensors);
    assertRefused(A, "infinite or NaN");
  }

  @Test
  void anAdapterForAnotherModelIsRefused() {
    Peft.wrap(LayerCases.named("dense").base(), LoraConfig.builder().targetModules("layer").build())
        .save(folder);
    assertRefused("Target \"layer\" matches no site");
  }

  @ParameterizedTest
  @CsvSource({
    "base_model.model.dense1.lora_A.weight, base_model.model._orig_mod.dense1.lora_A.weight",
    "base_model.model.dense1.lora_A.weight, _orig_mod.base_model.model.dense1.lora_A.weight",
    "base_model.model.dense1.lora_B.weight, dense1.lora_B.weight",
    "base_model.model.dense1.lora_B.weight, dense1._fsdp_wrapped_module.lora_B.weight",
    "base_model.model.dense1.lora_magnitude_vector,"
        + " base_model.model.dense1.lora_magnitude_vector.weight",
  })
  void aTensorMayHaveTheNameThatAWrapperInPythonGaveIt(String name, String other) {
    PeftModel<ComputationGraph> model =
        Peft.wrap(
            SmallModel.graph(),
            LoraConfig.builder().rank(2).dora(true).targetModules("dense1").build());
    model.save(folder);
    Map<String, INDArray> tensors =
        new LinkedHashMap<>(model.adapter(Peft.DEFAULT_ADAPTER).tensors());
    tensors.put(other, Objects.requireNonNull(tensors.remove(name)));
    rewrite(tensors);

    assertThat(Peft.load(SmallModel.graph(), folder).network().params())
        .isEqualTo(model.network().params());
  }

  @Test
  void aTensorUnderTwoNamesIsRefused() {
    Map<String, INDArray> tensors = saved();
    tensors.put("_orig_mod." + A, Nd4j.zeros(2, SmallModel.IN));
    rewrite(tensors);
    assertRefused("_orig_mod." + A, "are both " + A);
  }

  @ParameterizedTest
  @CsvSource({
    "lora_unet_dense1.lora_down.weight, kohya",
    "unet.dense1.lora_C.weight, diffusers",
    "dense1.processor.to_q_lora.down.weight, diffusers",
    "decoder.layers.0.dense1.lora_A.weight, fairseq",
    "dense1.lora_A, loralib",
    "base_model.model.dense1.lora_A.default.weight, rename lora_A.NAME.weight to lora_A.weight",
    "base_model.model.score.weight, SEQ_CLS",
  })
  void keysOfAnotherLayoutAreNamed(String key, String layout) {
    Map<String, INDArray> tensors = saved();
    tensors.put(key, Nd4j.zeros(2, SmallModel.IN));
    rewrite(tensors);
    assertRefused(layout);
  }

  @Test
  void theSubfoldersWithAnAdapterAreListed() {
    model().save(folder.resolve("checkpoint-10"));
    model().save(folder.resolve("checkpoint-20"));
    assertRefused("Its subfolders with an adapter: checkpoint-10, checkpoint-20. Give one.");
  }

  @Test
  void aPickleThatIsNotOfTensorsIsRefusedWithAWayToConvertIt() throws IOException {
    Files.writeString(folder.resolve("adapter_config.json"), "{\"peft_type\":\"LORA\"}");
    Files.write(folder.resolve("adapter_model.bin"), new byte[] {(byte) 0x80, 2});
    assertRefused("adapter_model.bin", "pickle", "weights_only=True");
  }

  @Test
  void aFolderThatIsMissingOrEmptyIsSaid() {
    assertRefused("There is no adapter_model.safetensors");
    ComputationGraph base = SmallModel.graph();
    assertThatThrownBy(() -> Peft.load(base, folder.resolve("nowhere")))
        .hasMessageContaining("There is no adapter folder");
  }

  @Test
  void aNonFiniteAdapterIsNeverWritten() {
    PeftModel<ComputationGraph> model = model();
    model.save(folder);
    INDArray before = Peft.load(SmallModel.graph(), folder).network().params();
    model.network().params().putScalar(0, Float.POSITIVE_INFINITY);
    assertThatThrownBy(() -> model.save(folder)).hasMessageContaining("infinite or NaN");
    assertThat(Peft.load(SmallModel.graph(), folder).network().params()).isEqualTo(before);
  }

  @Test
  void aPlaceThatCannotBeWrittenIsSaid() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));
    assertThatThrownBy(() -> model().save(file.resolve("adapter")))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("Cannot create the folder");
  }

  @Test
  void aWriterThatDiedBetweenTheTwoFilesLeavesTheNewAdapter() throws IOException {
    model().save(folder);
    Path config = folder.resolve("adapter_config.json");
    byte[] old = Files.readAllBytes(config);
    PeftModel<ComputationGraph> other =
        Peft.wrap(SmallModel.graph(), LoraConfig.builder().rank(3).targetModules("dense2").build());
    other.save(folder);
    Files.move(config, folder.resolve("adapter_config.json.next"));
    Files.write(config, old);
    PeftModel<ComputationGraph> loaded = Peft.load(SmallModel.graph(), folder);
    assertThat(loaded.network().params()).isEqualTo(other.network().params());
  }

  @Test
  void aWriterThatDiedBeforeTheWeightsLeavesTheOldAdapter() throws IOException {
    PeftModel<ComputationGraph> model = model();
    model.save(folder);
    Files.writeString(folder.resolve("adapter_config.json.next"), "{\"peft_type\":\"LORA\"}");
    PeftModel<ComputationGraph> loaded = Peft.load(SmallModel.graph(), folder);
    assertThat(loaded.network().params()).isEqualTo(model.network().params());
  }

  @Test
  void otherAdaptersGetAFolderOfTheirName() {
    PeftModel<ComputationGraph> model = model();
    model.addAdapter("second", LoraConfig.builder().targetModules("out").build());
    model.save(folder);
    assertThat(folder.resolve("second/adapter_model.safetensors")).exists();
    assertThat(folder.resolve("adapter_model.safetensors")).exists();
  }
}
