package org.peft4j.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.config.ModuleSelector.AllLinear;
import org.peft4j.config.ModuleSelector.Every;
import org.peft4j.config.ModuleSelector.Names;
import org.peft4j.config.ModuleSelector.Regex;

/** What each type of field takes from JSON, what it writes, and which values it allows. */
class FieldTypeTest {
  private static final JsonMapper MAPPER = new JsonMapper();

  private enum Size {
    SMALL,
    LARGE
  }

  private static final FieldType<Size> SIZE = FieldType.choice(Size.class);
  private static final FieldType<Map<String, Integer>> RANKS =
      FieldType.mapOf("ranks by module", FieldType.INTEGER);

  private static JsonNode json(String text) throws JsonProcessingException {
    return MAPPER.readTree(text.replace('\'', '"'));
  }

  private static <T> @Nullable T read(FieldType<T> type, String text)
      throws JsonProcessingException {
    return type.reader().apply(json(text));
  }

  private static <T> boolean allows(FieldType<T> type, T value) {
    return type.holds().test(value);
  }

  static Stream<Arguments> values() {
    return Stream.of(
        Arguments.of(FieldType.INTEGER, "8", 8),
        Arguments.of(FieldType.INTEGER, "-2147483648", Integer.MIN_VALUE),
        Arguments.of(FieldType.NUMBER, "0.5", 0.5),
        Arguments.of(FieldType.NUMBER, "-1e-5", -1e-5),
        Arguments.of(FieldType.WHOLE_OR_NUMBER, "16", 16.0),
        Arguments.of(FieldType.WHOLE_OR_NUMBER, "16.5", 16.5),
        Arguments.of(FieldType.BOOL, "true", true),
        Arguments.of(FieldType.TEXT, "'a b'", "a b"),
        Arguments.of(FieldType.TEXTS, "['q', 'v']", List.of("q", "v")),
        Arguments.of(FieldType.TEXTS, "[]", List.of()),
        Arguments.of(FieldType.INTEGERS, "[3, 1]", List.of(3, 1)),
        Arguments.of(FieldType.SELECTOR, "['q', 'v']", new Names(List.of("q", "v"))),
        Arguments.of(FieldType.SELECTOR, "'.*_proj'", new Regex(".*_proj")),
        Arguments.of(FieldType.SELECTOR, "'all-linear'", new AllLinear()),
        Arguments.of(FieldType.SELECTOR, "'all-adaptable'", new Every()),
        Arguments.of(SIZE, "'LARGE'", Size.LARGE),
        Arguments.of(RANKS, "{'q': 4, 'v': 8}", Map.of("q", 4, "v", 8)));
  }

  @ParameterizedTest
  @MethodSource("values")
  <T> void aValueIsReadAndWrittenAsTheSameJson(FieldType<T> type, String text, T value)
      throws JsonProcessingException {
    assertThat(read(type, text)).isEqualTo(value);
    assertThat(type.writer().apply(value)).isEqualTo(json(text));
  }

  static Stream<Arguments> otherForms() {
    return Stream.of(
        Arguments.of(FieldType.INTEGER, "8.0", 8),
        Arguments.of(FieldType.NUMBER, "2", 2.0),
        Arguments.of(FieldType.TEXTS, "'q'", List.of("q")),
        Arguments.of(FieldType.INTEGERS, "3", List.of(3)));
  }

  @ParameterizedTest
  @MethodSource("otherForms")
  <T> void aNumberMayHaveAPointAndAListMayBeItsOnlyElement(FieldType<T> type, String text, T value)
      throws JsonProcessingException {
    assertThat(read(type, text)).isEqualTo(value);
  }

  static Stream<Arguments> ofAnotherKind() {
    return Stream.of(
        Arguments.of(FieldType.INTEGER, "8.5"),
        Arguments.of(FieldType.INTEGER, "2147483648"),
        Arguments.of(FieldType.INTEGER, "1e300"),
        Arguments.of(FieldType.INTEGER, "'8'"),
        Arguments.of(FieldType.INTEGER, "true"),
        Arguments.of(FieldType.NUMBER, "'0.5'"),
        Arguments.of(FieldType.NUMBER, "[0.5]"),
        Arguments.of(FieldType.BOOL, "1"),
        Arguments.of(FieldType.BOOL, "'true'"),
        Arguments.of(FieldType.TEXT, "5"),
        Arguments.of(FieldType.TEXT, "['a']"),
        Arguments.of(FieldType.TEXTS, "['a', 1]"),
        Arguments.of(FieldType.TEXTS, "{'a': 'b'}"),
        Arguments.of(FieldType.INTEGERS, "[1, 2.5]"),
        Arguments.of(FieldType.INTEGERS, "[[1]]"),
        Arguments.of(FieldType.SELECTOR, "7"),
        Arguments.of(FieldType.SELECTOR, "[7]"),
        Arguments.of(FieldType.SELECTOR, "{'q': 1}"),
        Arguments.of(SIZE, "'large'"),
        Arguments.of(SIZE, "1"),
        Arguments.of(RANKS, "{'q': 'four'}"),
        Arguments.of(RANKS, "['q', 4]"));
  }

  @ParameterizedTest
  @MethodSource("ofAnotherKind")
  void whatIsOfAnotherKindIsNotConverted(FieldType<?> type, String text)
      throws JsonProcessingException {
    assertThat(type.reader().apply(json(text))).isNull();
  }

  @Test
  void theOrderOfAMapIsThatOfTheFile() throws JsonProcessingException {
    assertThat(read(RANKS, "{'v': 1, 'q': 2, 'a': 3}"))
        .asInstanceOf(InstanceOfAssertFactories.map(String.class, Integer.class))
        .containsExactly(Map.entry("v", 1), Map.entry("q", 2), Map.entry("a", 3));
  }

  @Test
  void aWholeNumberIsWrittenWithoutAPointWherePythonWouldWriteAnInt() {
    assertThat(FieldType.WHOLE_OR_NUMBER.writer().apply(32.0)).hasToString("32");
    assertThat(FieldType.NUMBER.writer().apply(32.0)).hasToString("32.0");
    assertThat(FieldType.WHOLE_OR_NUMBER.writer().apply(1e9)).hasToString("1.0E9");
  }

  @Test
  void wordsOfSelectorsAreWrittenAsTheyAreRead() {
    assertThat(FieldType.SELECTOR.writer().apply(new Every())).hasToString("\"all-adaptable\"");
    assertThat(FieldType.SELECTOR.writer().apply(new AllLinear())).hasToString("\"all-linear\"");
  }

  @Test
  void aRangeHasItsEnds() {
    FieldType<Integer> type = FieldType.integer(1, 64);

    assertThat(List.of(0, 1, 64, 65).stream().map(value -> allows(type, value)))
        .containsExactly(false, true, true, false);
    assertThat(type.allowed()).isEqualTo("1 to 64");
    assertThat(List.of(-1, 0, 1).stream().map(value -> allows(FieldType.atLeast(0), value)))
        .containsExactly(false, true, true);
    assertThat(FieldType.atLeast(0).allowed()).isEqualTo("0 and up");
  }

  static Stream<Arguments> bounds() {
    return Stream.of(
        Arguments.of(FieldType.POSITIVE, Double.MIN_VALUE, true),
        Arguments.of(FieldType.POSITIVE, 0.0, false),
        Arguments.of(FieldType.POSITIVE, -1.0, false),
        Arguments.of(FieldType.POSITIVE, Double.POSITIVE_INFINITY, false),
        Arguments.of(FieldType.POSITIVE, Double.NaN, false),
        Arguments.of(FieldType.DROPOUT, 0.0, true),
        Arguments.of(FieldType.DROPOUT, 0.999, true),
        Arguments.of(FieldType.DROPOUT, 1.0, false),
        Arguments.of(FieldType.DROPOUT, -0.1, false),
        Arguments.of(FieldType.DROPOUT, Double.NaN, false));
  }

  @ParameterizedTest
  @MethodSource("bounds")
  void factorsArePositiveAndProbabilitiesBelowOne(
      FieldType<Double> type, double value, boolean allowed) {
    assertThat(allows(type, value)).isEqualTo(allowed);
  }

  @Test
  void aRankIsAtMostAMillionOrSoThatAFileCannotExhaustMemory() {
    assertThat(List.of(0, 1, 1 << 20, (1 << 20) + 1).stream().map(r -> allows(FieldType.RANK, r)))
        .containsExactly(false, true, true, false);
  }

  @Test
  void aCheckAddsAProblemWithFieldValueAndRange() {
    List<String> problems = new ArrayList<>();

    FieldType.DROPOUT.check("lora_dropout", 0.5, problems);
    assertThat(problems).isEmpty();
    FieldType.DROPOUT.check("lora_dropout", 1.5, problems);
    FieldType.RANK.check("r", 0, problems);

    assertThat(problems)
        .containsExactly(
            "lora_dropout is 1.5; allowed: 0 up to, not including, 1.",
            "r is 0; allowed: 1 to 1048576.");
  }

  @Test
  void aChoiceListsItsNames() {
    assertThat(SIZE.kind()).isEqualTo("SMALL, LARGE");
    assertThat(SIZE.allowed()).isEqualTo("SMALL, LARGE");
    FieldType<Bias> bias = FieldType.oneOf(List.of(Bias.values()), b -> b.json("lora"));
    assertThat(bias.allowed()).isEqualTo("none, all, lora_only");
    assertThat(bias.writer().apply(Bias.TARGETS_ONLY)).hasToString("\"lora_only\"");
  }
}
