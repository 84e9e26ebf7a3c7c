package org.peft4j.lora.internal.vera;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.lora.vera.VeraConfig;
import org.peft4j.testing.LayerCase;
import org.peft4j.testing.LayerCases;

/** Files that have VeRA's projections though their config says that they have none. */
class SavedProjectionsTest {
  private static final LayerCase DENSE = LayerCases.named("dense");

  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  private PeftModel<MultiLayerNetwork> saved() {
    PeftModel<MultiLayerNetwork> model =
        Peft.wrap(DENSE.base(), VeraConfig.builder().rank(8).targetModules("layer").build());
    for (int i = 0; i < 3; i++) {
      model.network().fit(DENSE.data());
    }
    model.save(folder);
    return model;
  }

  private void replace(String what, String with) throws IOException {
    Path file = folder.resolve("adapter_config.json");
    String json = Files.readString(file, StandardCharsets.UTF_8);
    assertThat(json).contains(what);
    Files.writeString(file, json.replace(what, with), StandardCharsets.UTF_8);
  }

  @Test
  void areReadWhereTheyAreWhatTheKeyGives() throws IOException {
    PeftModel<MultiLayerNetwork> model = saved();
    replace("\"save_projection\" : true", "\"save_projection\" : false");
    PeftModel<MultiLayerNetwork> loaded = Peft.load(DENSE.base(), folder);
    assertThat(DENSE.output(loaded.network())).isEqualTo(DENSE.output(model.network()));
    long before = Files.size(folder.resolve("adapter_model.safetensors"));
    loaded.save(folder);
    assertThat(Files.size(folder.resolve("adapter_model.safetensors"))).isLessThan(before);
  }

  @Test
  void areRefusedWhereTheyAreNot() throws IOException {
    saved();
    replace("\"save_projection\" : true", "\"save_projection\" : false");
    replace("\"projection_prng_key\" : 0", "\"projection_prng_key\" : 1");
    assertThatThrownBy(() -> Peft.load(DENSE.base(), folder))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("vera_A has other values than the config");
  }
}
