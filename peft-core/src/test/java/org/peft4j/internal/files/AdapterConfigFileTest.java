package org.peft4j.internal.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.bitfit.BitFitConfig;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;

/** The text of a config file, which others may have written. */
class AdapterConfigFileTest {
  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  private Path file(String json) throws IOException {
    return Files.writeString(folder.resolve("adapter_config.json"), json.replace('\'', '"'));
  }

  private void assertRefused(String json, String... parts) throws IOException {
    Path file = file(json);
    assertThatThrownBy(() -> AdapterFiles.readConfigFile(file))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContainingAll(parts);
  }

  @Test
  void theMethodIsThatOfItsType() throws IOException {
    PeftConfig config =
        AdapterFiles.readConfigFile(file("{'peft_type': 'BITFIT', 'target_modules': ['q']}"));

    assertThat(config).isEqualTo(BitFitConfig.builder().targetModules("q").build());
  }

  @Test
  void anotherBaseModelMayStandInForTheFiles() throws IOException {
    Path file = file("{'peft_type': 'BITFIT', 'base_model_name_or_path': 'theirs'}");

    assertThat(AdapterFiles.readConfigFile(file).common().baseModel()).contains("theirs");
    assertThat(AdapterFiles.readConfigFile(file, "ours").common().baseModel()).contains("ours");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{'peft_type': null}", "{'peft_type': 3}", "{'peft_type': []}"})
  void aFileWithoutATypeIsRefused(String json) throws IOException {
    assertRefused(json, "has no peft_type, which names the method: \"LORA\" for example.");
  }

  @Test
  void problemsAreToldWithTheFile() throws IOException {
    assertRefused("{'peft_type': 'NEW'}", "peft_type is \"NEW\"", "Methods here: ");
    assertRefused(
        "{'peft_type': 'BITFIT', 'bias': 7, 'layers_to_transform': 'all'}",
        "Invalid BitFit config: ",
        "layers_to_transform is \"all\"; allowed: a whole number or a list of them.",
        "bias is 7; allowed: none, all, bitfit_only.");
  }

  @Test
  void aFileIsOneObjectWithEachNameOnce() throws IOException {
    assertRefused("['BITFIT']", "is not a JSON object.");
    assertRefused("{'peft_type': 'BITFIT'} {}", "is not valid JSON: ");
    assertRefused("{'peft_type': 'BITFIT', 'peft_type': 'LN_TUNING'}", "is not valid JSON: ");
    assertRefused("{'peft_type': 'BITFIT'", "is not valid JSON: ");
  }

  @Test
  void depthAndSizeAreBounded() throws IOException {
    assertRefused("{'a': " + "[".repeat(100) + "]".repeat(100) + "}", "is not valid JSON: ");
    assertRefused("{'peft_type': '" + "x".repeat(100_001) + "'}", "is not valid JSON: ");
    assertRefused(
        "{'peft_type': 'BITFIT'}" + " ".repeat(5 << 20), "bytes; allowed: up to 4194304.");
  }

  @Test
  void aFileThatIsNotThereIsTold() {
    Path nowhere = folder.resolve("nowhere.json");

    assertThatThrownBy(() -> AdapterFiles.readConfigFile(nowhere))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(nowhere.toString());
  }
}
