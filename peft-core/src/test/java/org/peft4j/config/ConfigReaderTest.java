package org.peft4j.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Fields of a config file, one by one, with all that is wrong gathered on the way. */
class ConfigReaderTest {
  private static ConfigReader reader(String json) throws Exception {
    return new ConfigReader((ObjectNode) new JsonMapper().readTree(json.replace('\'', '"')));
  }

  @Test
  void aFieldIsReadWithItsType() throws Exception {
    ConfigReader json = reader("{'r': 8, 'name': 'x'}");

    assertThat(json.read("r", FieldType.INTEGER)).contains(8);
    assertThat(json.read("name", FieldType.TEXT)).contains("x");
    assertThat(json.problems()).isEmpty();
  }

  @Test
  void whatIsNullOrNotThereIsAbsentAndNoProblem() throws Exception {
    ConfigReader json = reader("{'r': null}");

    assertThat(json.read("r", FieldType.INTEGER)).isEmpty();
    assertThat(json.read("alpha", FieldType.INTEGER)).isEmpty();
    assertThat(json.problems()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "'eight'    | r is \"\"eight\"\"; allowed: a whole number.",
        "1.5        | r is 1.5; allowed: a whole number.",
        "[1]        | r is [1]; allowed: a whole number.",
        "{'a': 'b'} | r is {\"\"a\"\":\"\"b\"\"}; allowed: a whole number."
      })
  void anotherTypeIsToldWithTheValueAsItIsInTheFile(String value, String problem) throws Exception {
    ConfigReader json = reader("{'r': " + value + "}");

    assertThat(json.read("r", FieldType.INTEGER)).isEmpty();
    assertThat(json.problems()).singleElement().asString().isEqualTo(problem.replace("\"\"", "\""));
  }

  @Test
  void aLongValueIsCut() throws Exception {
    ConfigReader json = reader("{'r': '" + "x".repeat(200) + "'}");

    json.read("r", FieldType.INTEGER);

    assertThat(json.problems())
        .containsExactly(
            "r is \"" + "x".repeat(120) + "…\" (200 characters); allowed: a whole number.");
  }

  @Test
  void everyProblemIsGatheredInOrder() throws Exception {
    ConfigReader json = reader("{'a': 'x', 'b': 2, 'c': 'y'}");

    json.read("a", FieldType.INTEGER);
    json.read("b", FieldType.TEXT);
    json.read("c", FieldType.TEXT);

    assertThat(json.problems())
        .containsExactly("a is \"x\"; allowed: a whole number.", "b is 2; allowed: a text.");
  }

  @Test
  void fieldsThatNobodyAskedForAreUnknownAndKept() throws Exception {
    ConfigReader json = reader("{'new': {'a': 1}, 'r': 8, 'old': null}");

    json.read("r", FieldType.INTEGER);
    json.any("old");

    assertThat(json.unknown()).isEqualTo(Map.of("new", new JsonMapper().readTree("{\"a\": 1}")));
  }

  static Stream<Arguments> settingsThatAreOff() {
    return Stream.of(
        Arguments.of(NullNode.getInstance(), "null"),
        Arguments.of(NullNode.getInstance(), "false"),
        Arguments.of(NullNode.getInstance(), "{}"),
        Arguments.of(NullNode.getInstance(), "[]"),
        Arguments.of(BooleanNode.FALSE, "false"),
        Arguments.of(BooleanNode.FALSE, "null"),
        Arguments.of(BooleanNode.TRUE, "true"),
        Arguments.of(DoubleNode.valueOf(0), "0.0"),
        Arguments.of(DoubleNode.valueOf(0), "0"));
  }

  @ParameterizedTest
  @MethodSource("settingsThatAreOff")
  void aVariantThatIsOffIsNoProblem(JsonNode off, String value) throws Exception {
    ConfigReader json = reader("{'variant': " + value + "}");

    json.refuse("variant", off, "LoRA");

    assertThat(json.problems()).isEmpty();
  }

  static Stream<Arguments> settingsThatAreOn() {
    return Stream.of(
        Arguments.of(NullNode.getInstance(), "true"),
        Arguments.of(NullNode.getInstance(), "0"),
        Arguments.of(NullNode.getInstance(), "''"),
        Arguments.of(NullNode.getInstance(), "{'a': 1}"),
        Arguments.of(BooleanNode.FALSE, "true"),
        Arguments.of(BooleanNode.FALSE, "'false'"),
        Arguments.of(BooleanNode.TRUE, "false"),
        Arguments.of(DoubleNode.valueOf(0), "0.1"),
        Arguments.of(DoubleNode.valueOf(0), "'none'"),
        Arguments.of(DoubleNode.valueOf(0), "true"),
        Arguments.of(DoubleNode.valueOf(0), "[1]"));
  }

  @ParameterizedTest
  @MethodSource("settingsThatAreOn")
  void anyOtherValueOfAVariantIsRefused(JsonNode off, String value) throws Exception {
    ConfigReader json = reader("{'variant': " + value + "}");

    json.refuse("variant", off, "LoRA");

    assertThat(json.problems())
        .containsExactly(
            "variant is set: this variant of LoRA is not supported; allowed: " + off + ".");
    assertThat(json.unknown()).isEmpty();
  }
}
