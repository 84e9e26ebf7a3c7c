package org.peft4j.diffusion.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.diffusion.Diffusion;
import org.peft4j.diffusion.UNet;
import org.peft4j.error.PeftException;
import org.peft4j.internal.files.TensorFile;
import org.peft4j.safetensors.DType;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;

/** Adapters in the forms of diffusers and kohya act as diffusers has them act. */
class LoraFileTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden");
  private static final Path BASE = GOLDEN.resolve("bases/sd1");

  private final Path folder;

  LoraFileTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private static INDArray read(Path file, String name) {
    try (TensorSource source = TensorSource.open(file)) {
      TensorInfo info = source.tensor(name);
      float[] values = new float[(int) info.elementCount()];
      if (info.dtype() == DType.I64) {
        long[] whole = new long[values.length];
        source.readLongs(name, 0, whole, 0, whole.length);
        return Nd4j.createFromArray(whole).castTo(DataType.FLOAT).reshape(whole.length, 1);
      }
      source.readFloats(name, 0, values, 0, values.length);
      return Nd4j.createFromArray(values)
          .reshape('c', info.shape().stream().mapToLong(Long::longValue).toArray());
    }
  }

  private static INDArray predict(UNet unet, String golden) {
    Path inputs = GOLDEN.resolve(golden).resolve("inputs.safetensors");
    return unet.predict(
        read(inputs, "sample"), read(inputs, "timestep"), read(inputs, "encoder_hidden_states"));
  }

  private static void assertClose(INDArray actual, INDArray expected) {
    double difference = actual.sub(expected).amaxNumber().doubleValue();
    assertThat(difference / expected.amaxNumber().doubleValue()).isLessThan(1e-5);
  }

  /** Of diffusers' scripts and first versions, the file says no alpha: their scale is 1. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "attention_diffusers",
        "attention_kohya",
        "attention_script",
        "attention_former",
        "convolutions_diffusers",
        "convolutions_kohya"
      })
  void anAdapterActsAsInDiffusers(String name) {
    try (UNet unet = Diffusion.loadUNet(BASE)) {
      unet.adapt(GOLDEN.resolve("files").resolve(name));
      INDArray expected = read(GOLDEN.resolve("files/expected.safetensors"), name);
      assertClose(predict(unet, name.substring(0, name.indexOf('_'))), expected);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"attention", "convolutions"})
  void whatIsSavedForDiffusersIsWhatDiffusersSaves(String name) {
    try (UNet unet = Diffusion.loadUNet(BASE)) {
      unet.adapt(GOLDEN.resolve(name).resolve("adapter"));
      unet.saveForDiffusers(folder);
    }
    Path file = folder.resolve(LoraFile.NAME);
    Path wanted = GOLDEN.resolve("files/" + name + "_diffusers").resolve(LoraFile.NAME);
    try (TensorSource source = TensorSource.open(file);
        TensorSource expected = TensorSource.open(wanted)) {
      assertThat(source.tensors().keySet()).isEqualTo(expected.tensors().keySet());
      for (String key : source.tensors().keySet()) {
        assertThat(read(file, key)).as(key).isEqualTo(read(wanted, key));
      }
      assertThat(source.metadata().get("lora_adapter_metadata"))
          .contains("\"unet.r\" : 3")
          .contains("\"unet.lora_alpha\" : 5");
    }
    try (UNet unet = Diffusion.loadUNet(BASE)) {
      unet.adapt(folder);
      INDArray expected = read(GOLDEN.resolve(name).resolve("expected.safetensors"), "sample");
      assertClose(predict(unet, name), expected);
    }
  }

  @Test
  void doraKeepsItsMagnitudes() {
    try (UNet unet = Diffusion.loadUNet(BASE)) {
      unet.adapt(GOLDEN.resolve("dora/adapter"));
      unet.saveForDiffusers(folder);
      unet.adapt(folder);
      INDArray expected = read(GOLDEN.resolve("dora/expected.safetensors"), "sample");
      assertClose(predict(unet, "dora"), expected);
    }
  }

  @Test
  void partsForTheTextEncoderBecomeAFolderOfTheirOwn() {
    Path file = folder.resolve("both.safetensors");
    TensorFile.write(
        file,
        Map.of(
            "lora_te_text_model_encoder_layers_0_self_attn_q_proj.lora_down.weight",
            Nd4j.rand(DataType.FLOAT, 2, 6),
            "lora_te_text_model_encoder_layers_0_self_attn_q_proj.lora_up.weight",
            Nd4j.rand(DataType.FLOAT, 6, 2),
            "lora_te_text_model_encoder_layers_0_self_attn_q_proj.alpha",
            Nd4j.createFromArray(8f)),
        Map.of());

    Map<String, Path> parts = LoraFile.toPeft(file, List.of(), folder.resolve("peft"));

    assertThat(parts).containsOnlyKeys("text_encoder");
    Path adapter = Objects.requireNonNull(parts.get("text_encoder"));
    assertThat(adapter.resolve("adapter_config.json"))
        .content()
        .contains("\"r\" : 2")
        .contains("\"lora_alpha\" : 8")
        .contains("text_model.encoder.layers.0.self_attn.q_proj");
    try (TensorSource source = TensorSource.open(adapter.resolve("adapter_model.safetensors"))) {
      assertThat(source.tensors())
          .containsKey(
              "base_model.model.text_model.encoder.layers.0.self_attn.q_proj.lora_A.weight");
    }
    Path again = folder.resolve("again");
    LoraFile.write(GOLDEN.resolve("attention/adapter"), Optional.of(adapter), again);
    try (TensorSource source = TensorSource.open(again.resolve(LoraFile.NAME))) {
      assertThat(source.tensors())
          .containsKey("text_encoder.text_model.encoder.layers.0.self_attn.q_proj.lora_A.weight")
          .containsKey(
              "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.lora_A.weight");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "text_encoder_2.x.lora_A.weight,Stable Diffusion XL",
    "lora_te2_x.lora_down.weight,Stable Diffusion XL",
    "transformer.x.lora_A.weight,Stable Diffusion 3 or Flux",
    "unet.conv_in.hada_w1_a,none of LoRA's",
    "unet.no_such_module.lora_A.weight,this UNet does not have",
    "lora_unet_input_blocks_1_1_proj_in.lora_down.weight,names are those of another program",
    "lora_te_text_model_x.lora_down.weight,no text encoder has",
    "unet.conv_in.lora_A.weight,no lora_B"
  })
  void otherFilesAreRefusedByName(String key, String reason) {
    Path file = folder.resolve("other.safetensors");
    TensorFile.write(file, Map.of(key, Nd4j.rand(DataType.FLOAT, 2, 3)), Map.of());
    try (UNet unet = Diffusion.loadUNet(BASE)) {
      assertThatThrownBy(() -> unet.adapt(file))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining(reason);
    }
  }

  @Test
  void whatIsNoLoraHasNoPlaceInDiffusersFile() throws IOException {
    try (UNet unet = Diffusion.loadUNet(BASE)) {
      assertThatThrownBy(() -> unet.saveForDiffusers(folder))
          .hasMessageContaining("There is no adapter to save");
      unet.adapt(GOLDEN.resolve("ia3/adapter"));
      assertThatThrownBy(() -> unet.saveForDiffusers(folder)).hasMessageContaining("method IA3");
      unet.adapt(GOLDEN.resolve("time/adapter"));
      assertThatThrownBy(() -> unet.saveForDiffusers(folder))
          .hasMessageContaining("also trains base_model.model.conv_in");
    }
    assertThat(Files.list(folder)).isEmpty();
  }
}
