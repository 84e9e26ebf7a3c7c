package org.peft4j.internal.pattern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What expressions match, as Python 3.11 has it ({@code reference/patterns.py}), and what hostile
 * ones cost.
 */
class PythonPatternTest {
  private static JsonNode golden() {
    try (InputStream in = PythonPatternTest.class.getResourceAsStream("/python_patterns.json")) {
      return new ObjectMapper().readTree(Objects.requireNonNull(in));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  static Stream<String> patterns() {
    return golden().get("patterns").properties().stream().map(Map.Entry::getKey);
  }

  static Stream<String> broken() {
    return StreamSupport.stream(golden().get("broken").spliterator(), false).map(JsonNode::asText);
  }

  @ParameterizedTest
  @MethodSource("patterns")
  void matchesWhatPythonMatches(String expression) {
    JsonNode golden = golden();
    PythonPattern pattern = PythonPattern.of(expression);
    for (int i = 0; i < golden.get("texts").size(); i++) {
      String text = golden.get("texts").get(i).textValue();
      JsonNode row = golden.get("patterns").get(expression).get(i);
      assertThat(pattern.matches(text)).as("%s", text).isEqualTo(row.get(0).booleanValue());
      if (pattern.groups() > 0) {
        assertThat(pattern.group(1, text)).as("group of %s", text).isEqualTo(group(row));
      }
    }
  }

  private static @Nullable String group(JsonNode row) {
    return row.get(1).isNull() ? null : row.get(1).textValue();
  }

  @ParameterizedTest
  @MethodSource("broken")
  void refusesWhatPythonRefuses(String expression) {
    assertThatThrownBy(() -> PythonPattern.of(expression)).isInstanceOf(PatternError.class);
  }

  /** Python reads these, in another way than Java, or with the contents of groups. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "[a&&b]~\"&&\" in a set, which languages read differently",
        "(a)\\1~a reference to a group, which is not supported, at character 4",
        "(?P<a>b)(?P=a)~a kind of parenthesis that is not supported at character 9",
        "(a)?(?(1)b|c)~a kind of parenthesis that is not supported at character 5",
        "\\N{DIGIT ONE}~\\N, which Python does not have, at character 1",
      })
  void namesWhatItDoesNotSupport(String expression, String reason) {
    assertThatThrownBy(() -> PythonPattern.of(expression)).hasMessageStartingWith(reason);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(?:(?:){2147483647}){2147483647}",
        "(?:^){2147483647}.*q_proj",
        "(?:(?:(?:){1000}){1000}){1000}",
        "(?:a{1000}){1000}",
        "(?:a?){30000}",
        "a{99999999999999999999}",
      })
  void refusesRepetitionsTooLargeToWriteOut(String expression) {
    assertTimeoutPreemptively(
        Duration.ofSeconds(10),
        () ->
            assertThatThrownBy(() -> PythonPattern.of(expression))
                .hasMessage("repetitions that come to more than 20000 steps when written out"));
  }

  @Test
  void refusesDeepNesting() {
    String deep = "(".repeat(5_000) + ")".repeat(5_000);
    assertThatThrownBy(() -> PythonPattern.of(deep))
        .hasMessage("more than 100 parentheses in each other at character 101");
    String widths = "(?<=" + "(".repeat(98) + "a" + "|b)".repeat(98) + ")";
    assertThat(PythonPattern.of("a" + widths).matches("a")).isTrue();
  }

  /** A backtracking matcher needs two to the power of the text's length, or never ends. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "(a*)*b",
        "(a|a)*b",
        "(?:a|a|a|a){90}b",
        "(?:^|^){100}x",
        "(?:(?:^|^)(?:^|^)){50}$",
        "(.*)(.*)(.*)(.*)(.*)(.*)(.*)x",
        "(?:(?:a?){50}){50}b",
        "(?:)*b",
        "(?:(?:a*)*)*(?:(?:a*)*)*b",
        "((a?)+)+b"
      })
  void failsInTimeInProportionToTheText(String expression) {
    PythonPattern pattern = PythonPattern.of(expression);
    assertTimeoutPreemptively(
        Duration.ofSeconds(10), () -> assertThat(pattern.matches("a".repeat(300))).isFalse());
  }

  @Test
  void conditionsInConditionsHaveABudget() {
    PythonPattern pattern = PythonPattern.of("(?:.(?=.*(?=.*(?=.*(?=.*z)))))*");
    assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () ->
            assertThatThrownBy(() -> pattern.matches("a".repeat(300)))
                .hasMessage("more to try than a match may take"));
    assertThatThrownBy(() -> pattern.matches("a".repeat(10_001)))
        .hasMessage("a text of 10001 characters to match");
  }
}
