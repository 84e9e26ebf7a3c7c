package org.peft4j.diffusion;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.error.PeftException;

/** What a UNet's config may say, and what is refused by name. */
class UNetConfigTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Path folder;

  UNetConfigTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private static ObjectNode config() throws IOException {
    return (ObjectNode) JSON.readTree(GoldenUNet.base("sd1").resolve("unet/config.json").toFile());
  }

  private void write(String name, JsonNode json) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    JSON.writeValue(file.toFile(), json);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "down_block_types | ['AttnDownBlock2D','DownBlock2D'] | of [CrossAttnDownBlock2D, DownBlock2D]",
        "up_block_types | ['UpBlock2D'] | 2 blocks, as down",
        "mid_block_type | 'UNetMidBlock2DSimpleCrossAttn' | UNetMidBlock2DCrossAttn or null",
        "addition_embed_type | 'text_time' | Stable Diffusion XL's, which is not supported",
        "class_embed_type | 'timestep' | only null",
        "num_class_embeds | 1000 | only null",
        "encoder_hid_dim | 64 | only null",
        "time_cond_proj_dim | 256 | only null",
        "act_fn | 'mish' | silu or swish",
        "resnet_time_scale_shift | 'scale_shift' | only default",
        "time_embedding_type | 'fourier' | only positional",
        "attention_head_dim | 3 | heads that divide block_out_channels [8, 16]",
        "attention_head_dim | [2,2,2] | one value, or 2 as blocks",
        "norm_num_groups | 3 | a divisor of block_out_channels",
        "cross_attention_dim | [12,8] | one number for all blocks",
        "conv_in_kernel | 2 | an odd number",
        "dual_cross_attention | true | only false",
        "a_setting_of_tomorrow | 7 | unknown setting"
      })
  void whatIsNotSupportedIsRefusedByName(String field, String value, String allowed)
      throws IOException {
    ObjectNode json = config();
    json.set(field, JSON.readTree(value.replace('\'', '"')));
    write("unet/config.json", json);

    assertThatThrownBy(() -> Diffusion.loadUNet(folder))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("is not a supported model")
        .hasMessageContaining(field)
        .hasMessageContaining(allowed);
  }

  @ParameterizedTest
  @CsvSource({
    "StableDiffusionXLPipeline,Stable Diffusion XL",
    "StableDiffusion3Pipeline,Stable Diffusion 3",
    "FluxPipeline,Flux"
  })
  void otherModelsAreRefusedByTheirNames(String pipeline, String model) throws IOException {
    write("model_index.json", JSON.createObjectNode().put("_class_name", pipeline));
    write("unet/config.json", config());

    assertThatThrownBy(() -> Diffusion.loadUNet(folder))
        .hasMessageContaining(model)
        .hasMessageContaining("Supported: the UNet2DConditionModel of Stable Diffusion 1.x");
  }

  @Test
  void aTransformerIsNoUNet() throws IOException {
    write("config.json", JSON.createObjectNode().put("_class_name", "FluxTransformer2DModel"));
    assertThatThrownBy(() -> Diffusion.loadUNet(folder)).hasMessageContaining("is of Flux");

    write("config.json", JSON.createObjectNode().put("_class_name", "UNet2DModel"));
    assertThatThrownBy(() -> Diffusion.loadUNet(folder))
        .hasMessageContaining("is of a UNet2DModel, not of a UNet2DConditionModel");
  }

  @Test
  void weightsThatAreNotTheConfigsAreListed() throws IOException {
    ObjectNode json = config();
    json.put("cross_attention_dim", 10);
    write("unet/config.json", json);
    assertThatThrownBy(() -> Diffusion.loadUNet(folder)).hasMessageContaining("has no weights");

    Files.copy(
        GoldenUNet.base("sd1").resolve("unet/diffusion_pytorch_model.safetensors"),
        folder.resolve("unet/diffusion_pytorch_model.safetensors"));
    assertThatThrownBy(() -> Diffusion.loadUNet(folder))
        .hasMessageContaining("attn2.to_k.weight has shape [8, 12] instead of [8, 10]");
  }

  @Test
  void inputsOfOtherShapesAreRefused() {
    GoldenUNet golden = GoldenUNet.named("attention");
    try (UNet unet = golden.open(DiffusionOptions.defaults())) {
      var inputs = golden.inputs();
      assertThatThrownBy(() -> unet.predict(inputs[0], inputs[1], inputs[2].slice(0)))
          .hasMessageContaining("encoder_hidden_states has the shape");
      assertThatThrownBy(() -> unet.predict(inputs[0].slice(0), inputs[1], inputs[2]))
          .hasMessageContaining("sample has the shape");
      assertThatThrownBy(() -> unet.predict(inputs[0], inputs[1].getRow(0), inputs[2]))
          .hasMessageContaining("timestep has the shape");
    }
  }
}
