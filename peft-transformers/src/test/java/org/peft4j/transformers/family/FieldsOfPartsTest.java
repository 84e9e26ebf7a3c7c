package org.peft4j.transformers.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.Golden;
import org.peft4j.transformers.architecture.ModelArchitecture;

/** The fields of text_config and vision_config are computed or refused as those of other models. */
class FieldsOfPartsTest {
  private static final Set<String> NOT_TRIED =
      Set.of(
          "_name_or_path",
          "architectures",
          "id2label",
          "label2id",
          "model_type",
          "transformers_version",
          "is_encoder_decoder",
          "return_dict");

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path folder;

  private static JsonNode config(String family) {
    return ConfigFile.json(Golden.folder("fields").resolve(family + ".json")).path("config");
  }

  private static JsonNode fields(String family) {
    return ConfigFile.json(Golden.folder("fields-of-parts").resolve(family + ".json"))
        .path("fields");
  }

  static Stream<Arguments> fieldsThatCount() {
    return Stream.of("blip", "clip")
        .flatMap(
            family ->
                fields(family).properties().stream()
                    .filter(field -> !field.getValue().path("effect").asText().equals("none"))
                    .map(field -> arguments(family, field.getKey(), field.getValue())));
  }

  private ConfigFile with(String family, String field, String value) {
    String part = field.substring(0, field.indexOf('.'));
    ConfigFile own =
        ConfigFile.of(config(family).path(part), folder)
            .with(field.substring(part.length() + 1), value);
    return ConfigFile.of(config(family), folder).with(part, own.fields().toString());
  }

  private static Optional<String> refusal(ConfigFile file) {
    try {
      file.read();
      return Optional.empty();
    } catch (PeftException e) {
      return Optional.ofNullable(e.getMessage());
    }
  }

  @ParameterizedTest
  @MethodSource("fieldsThatCount")
  void aFieldThatCountsIsComputedOrRefused(String family, String field, JsonNode entry) {
    ModelArchitecture before = ConfigFile.of(config(family), folder).read();
    ConfigFile changed = with(family, field, entry.path("value").toString());

    Optional<String> refusal = refusal(changed);

    if (refusal.isPresent()) {
      assertThat(refusal.get()).contains(field.substring(field.indexOf('.') + 1));
    } else {
      assertThat(entry.path("effect").asText()).isNotEqualTo("error");
      assertThat(changed.read()).isNotEqualTo(before);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "blip, text_config",
    "blip, vision_config",
    "clip, text_config",
    "clip, vision_config"
  })
  void everyFieldOfTheReferencesClassIsTriedAndOthersAreUnknown(String family, String part) {
    Set<String> all = new TreeSet<>();
    config(family).path(part).fieldNames().forEachRemaining(all::add);
    all.removeAll(NOT_TRIED);
    assertThat(all).hasSizeGreaterThan(10);
    all.removeIf(name -> fields(family).has(part + "." + name));
    assertThat(all).isEmpty();

    assertThat(refusal(with(family, part + ".setting_of_tomorrow", "7")))
        .hasValueSatisfying(text -> assertThat(text).contains("setting_of_tomorrow"));
  }
}
