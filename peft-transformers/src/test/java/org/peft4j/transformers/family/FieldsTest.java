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
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.Golden;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.internal.family.Family;

/**
 * Every field that Hugging Face transformers writes for a family is known. One that changes
 * parameters or logits there changes the architecture here, or is refused by name: none is ignored.
 */
class FieldsTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path folder;

  private static JsonNode golden(String family) {
    return ConfigFile.json(Golden.folder("fields").resolve(family + ".json"));
  }

  static Stream<String> families() {
    return Families.all().stream().map(Family::modelType);
  }

  static Stream<Arguments> fieldsThatCount() {
    return families()
        .flatMap(
            family ->
                golden(family).path("fields").properties().stream()
                    .filter(field -> !field.getValue().path("effect").asText().equals("none"))
                    .map(field -> arguments(family, field.getKey(), field.getValue())));
  }

  /** Names, which module classes there are, and labels, whose number is tried. */
  private static final Set<String> NOT_TRIED =
      Set.of(
          "_name_or_path",
          "architectures",
          "id2label",
          "label2id",
          "model_type",
          "transformers_version",
          "is_encoder_decoder",
          "return_dict",
          "text_config",
          "vision_config");

  /** Those that matter to a classifier of an encoder alone: how it pools, say. */
  static Stream<Arguments> fieldsOfClassifiers() {
    return families()
        .flatMap(
            family ->
                golden(family).path("fields").properties().stream()
                    .filter(f -> !f.getValue().path("classifier").asText("none").equals("none"))
                    .map(field -> arguments(family, field.getKey(), field.getValue())));
  }

  @ParameterizedTest
  @MethodSource("families")
  void everyFieldOfTheReferencesClassIsTried(String family) {
    Set<String> all = new TreeSet<>();
    golden(family).path("config").fieldNames().forEachRemaining(all::add);
    all.removeAll(NOT_TRIED);

    assertThat(all).isNotEmpty();
    golden(family).path("fields").fieldNames().forEachRemaining(all::remove);
    assertThat(all).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("fieldsOfClassifiers")
  void aFieldOfClassifiersIsComputedOrRefused(String family, String field, JsonNode entry) {
    String name = golden(family).path("classifier").asText();
    ConfigFile classifier = config(family).with("architectures", "[\"" + name + "\"]");
    ModelArchitecture before = classifier.read();
    ConfigFile changed = classifier.with(field, entry.path("value").toString());

    Optional<String> refusal = refusal(changed);

    assertThat(before.head().labels()).isPresent();
    if (refusal.isPresent()) {
      assertThat(refusal.get()).contains(field);
    } else {
      assertThat(entry.path("classifier").asText()).isNotEqualTo("error");
      assertThat(changed.read()).isNotEqualTo(before);
    }
  }

  @ParameterizedTest
  @MethodSource("families")
  void aConfigWithEveryFieldIsRead(String family) {
    assertThat(config(family).read().modelType()).isEqualTo(family);
  }

  @ParameterizedTest
  @MethodSource("fieldsThatCount")
  void aFieldThatCountsIsComputedOrRefused(String family, String field, JsonNode entry) {
    ModelArchitecture before = config(family).read();
    ConfigFile changed = config(family).with(field, entry.path("value").toString());

    Optional<String> refusal = refusal(changed);

    if (refusal.isPresent()) {
      assertThat(refusal.get()).contains(field);
    } else {
      assertThat(entry.path("effect").asText()).isNotEqualTo("error");
      assertThat(changed.read()).isNotEqualTo(before);
    }
  }

  private ConfigFile config(String family) {
    return ConfigFile.of(golden(family).path("config"), folder);
  }

  private static Optional<String> refusal(ConfigFile file) {
    try {
      file.read();
      return Optional.empty();
    } catch (PeftException e) {
      return Optional.ofNullable(e.getMessage());
    }
  }
}
