package org.peft4j.transformers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How far a golden case is from the reference.
 *
 * @param name the case
 * @param modelType the family of its base
 * @param architecture the class of its base in transformers
 * @param method the method of its first active adapter
 * @param logits the largest difference of logits, relative to the largest
 */
record CaseParity(
    String name, String modelType, String architecture, String method, double logits) {
  private static final JsonMapper JSON = new JsonMapper();

  private static @Nullable List<CaseParity> measured;

  /** All cases of one method, measured once for all tests of a process. */
  static synchronized List<CaseParity> all() throws IOException {
    if (measured == null) {
      List<CaseParity> cases = new ArrayList<>();
      for (String name : Golden.cases()) {
        // PiSSA's reference is less exact than what is measured.
        if (!name.contains("mixed/") && !name.endsWith("pissa")) {
          cases.add(measure(name));
        }
      }
      measured = List.copyOf(cases);
    }
    return measured;
  }

  private static CaseParity measure(String name) throws IOException {
    JsonNode description = JSON.readTree(Golden.folder(name).resolve("case.json").toFile());
    Path base = Golden.base(description.path("base").asText());
    JsonNode config = JSON.readTree(base.resolve("config.json").toFile());
    try (AdapterParityTest.Case golden = new AdapterParityTest.Case(name)) {
      Path expected = Golden.folder(name).resolve("expected.safetensors");
      return new CaseParity(
          name,
          config.path("model_type").asText(),
          config.at("/architectures/0").asText(),
          method(name, description.at("/active/0").asText()),
          golden.logitsError(Golden.floats(expected, "logits")));
    }
  }

  private static String method(String name, String active) throws IOException {
    Path single = Golden.folder(name).resolve("adapter");
    Path adapter =
        Files.exists(single) ? single : Golden.folder(name).resolve("adapters/" + active);
    return JSON.readTree(adapter.resolve("adapter_config.json").toFile())
        .path("peft_type")
        .asText();
  }

  /** Half as much again, rounded up to one digit: another machine rounds otherwise. */
  static String bound(double parity) {
    double exponent = Math.pow(10, Math.floor(Math.log10(1.5 * parity)));
    return String.format(Locale.ROOT, "%.0e", Math.ceil(1.5 * parity / exponent) * exponent);
  }
}
