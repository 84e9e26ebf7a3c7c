package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Every base gives the logits of the reference, wherever there is a token. */
class GoldenLogitsTest {
  static List<String> cases() {
    return Golden.cases();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void logitsOfTheBaseAgreeWithTheReference(String name) throws IOException {
    Path folder = Golden.folder(name);
    JsonNode json = new JsonMapper().readTree(folder.resolve("case.json").toFile());
    GoldenInputs inputs = GoldenInputs.of(name);
    INDArray expected = Golden.floats(folder.resolve("expected.safetensors"), "base_logits");
    try (TransformerModel model = Golden.open(json, inputs)) {
      INDArray actual = inputs.output(model.graph());

      assertThat(Golden.logitsError(actual, expected, inputs.shown()))
          .as("relative difference of logits")
          .isLessThan(1e-5);
    }
  }
}
