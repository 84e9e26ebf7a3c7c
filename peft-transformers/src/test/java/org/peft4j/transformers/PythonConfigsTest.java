package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.Peft;
import org.peft4j.PeftModel;

/** Configs as Python may write them: other spellings, fields of a newer PEFT, idle names. */
class PythonConfigsTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String CONFIG = "adapter_config.json";

  private final Path folder;

  PythonConfigsTest(@TempDir Path folder) {
    this.folder = folder;
  }

  /** The adapter of a case, whose config has these fields too. */
  private Path adapter(String name, String fields) throws IOException {
    Path source = Golden.folder(name).resolve("adapter");
    Path weights = Path.of("adapter_model.safetensors");
    Files.copy(source.resolve(weights), folder.resolve(weights));
    ObjectNode config = (ObjectNode) JSON.readTree(source.resolve(CONFIG).toFile());
    config.setAll((ObjectNode) JSON.readTree(fields));
    JSON.writeValue(folder.resolve(CONFIG).toFile(), config);
    return folder;
  }

  private static void assertLogits(String name, PeftModel<ComputationGraph> model) {
    GoldenInputs inputs = GoldenInputs.of(name);
    double error =
        Golden.logitsError(
            inputs.output(model.network()),
            Golden.floats(Golden.folder(name).resolve("expected.safetensors"), "logits"),
            inputs.shown());
    assertThat(error).isLessThan(1e-5);
  }

  /** Python's dataclass takes an empty text for no pattern, and older PEFT wrote it. */
  @ParameterizedTest
  @CsvSource({
    "llama_layers_to_transform, ''",
    "llama_layers_to_transform, []",
    "llama_layers_to_transform, ['']",
    "llama_layers_to_transform, null",
    "llama_qv, ''",
    "llama_qv, ['']"
  })
  void aLayersPatternThatIsEmptyIsNone(String name, String json) throws IOException {
    String value = json.isEmpty() ? "\"\"" : json.replace("''", "\"\"").replace('\'', '"');
    Path adapter = adapter(name, "{\"layers_pattern\": " + value + "}");
    try (TransformerModel base = Golden.open("llama");
        PeftModel<ComputationGraph> model = Peft.load(base.graph(), adapter)) {
      assertLogits(name, model);
      assertThat(model.config("default").common().layersPattern()).isEmpty();
      assertThat(model.adapter("default").warnings()).isEmpty();

      model.save(adapter);
      JsonNode saved = JSON.readTree(adapter.resolve(CONFIG).toFile());
      assertThat(saved.path("layers_pattern").isNull()).isTrue();
    }
  }

  @Test
  void whatAConfigAsksForInVainIsReported() throws IOException {
    Path adapter =
        adapter(
            "llama_qv",
            "{\"use_newer\": true, \"newer_scale\": 2.5, \"newer_off\": false,"
                + " \"target_modules\": [\"q_proj\", \"v_proj\", \"experts\"],"
                + " \"modules_to_save\": [\"classifier_of_another\"],"
                + " \"rank_pattern\": {\"experts\": 3}}");
    try (TransformerModel base = Golden.open("llama");
        PeftModel<ComputationGraph> model = Peft.load(base.graph(), adapter)) {
      assertLogits("llama_qv", model);
      List<String> warnings = model.adapter("default").warnings();
      assertThat(warnings).hasSize(4);
      assertThat(warnings.get(0))
          .startsWith("adapter_config.json has fields that are not known here and not applied:")
          .contains("newer_scale 2.5, use_newer true. If the adapter needs them");
      assertThat(String.join("\n", warnings))
          .contains("modules_to_save of a saved adapter: \"classifier_of_another\" matches no")
          .contains("target_modules of a saved adapter: Target \"experts\" matches no site")
          .contains("rank_pattern or alpha_pattern of a saved adapter: \"experts\" matches no");
    }
  }
}
