package org.peft4j.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The parts of messages: quoted texts, and the nearest of the names that there are. */
class MessagesTest {
  @ParameterizedTest
  @CsvSource({
    "kitten, sitting, 3",
    "q_proj, q_porj, 2",
    "abc, abc, 0",
    "'', abc, 3",
    "abc, '', 3",
    "flaw, lawn, 2"
  })
  void theDistanceIsTheFewestInsertionsDeletionsAndReplacements(String a, String b, int distance) {
    assertThat(NearestNames.distance(a, b)).isEqualTo(distance);
    assertThat(NearestNames.distance(b, a)).isEqualTo(distance);
  }

  @Test
  void theThreeNearestNamesComeByDistanceAndThenByName() {
    List<String> names = List.of("v_proj", "o_proj", "q_proj", "gate", "k_proj");

    assertThat(NearestNames.of("q_prj", names)).containsExactly("q_proj", "k_proj", "o_proj");
    assertThat(NearestNames.sentence("q_prj", names))
        .isEqualTo("Nearest: \"q_proj\", \"k_proj\", \"o_proj\".");
  }

  @Test
  void withoutNamesThereIsNoneAtAll() {
    assertThat(NearestNames.sentence("x", List.of())).isEqualTo("There are none.");
  }

  @Test
  void pathsAreNamedByTheirEndsWithTheirNumber() {
    List<String> paths = List.of("h.0.q_proj", "h.1.q_proj", "h.0.up", "wte", "h.1.up", "h.0.down");

    assertThat(NearestPaths.of("h.9.q_prj", paths))
        .startsWith("q_proj (2 sites), ")
        .contains("wte (1 site)", "up (2 sites)", "down (1 site)");
  }

  @Test
  void atMostSixEndsAreNamed() {
    List<String> paths = List.of("a", "b", "c", "d", "e", "f", "g", "h");

    assertThat(NearestPaths.of("a", paths).split(", ")).hasSize(6).startsWith("a (1 site)");
  }

  @Test
  void quotedTextIsOnOneLine() {
    assertThat(Quoted.quoted("a \"b\"\nc")).isEqualTo("\"a \\u0022b\\u0022\\u000ac\"");
    assertThat(Quoted.quoted("层")).isEqualTo("\"层\"");
    // One half of a pair of surrogates could break a terminal.
    assertThat(Quoted.quoted("𝄞")).isEqualTo("\"\\ud834\\udd1e\"");
  }

  @Test
  void aLongTextIsCutAndItsLengthTold() {
    assertThat(Quoted.quoted("x".repeat(120))).isEqualTo("\"" + "x".repeat(120) + "\"");
    assertThat(Quoted.quoted("x".repeat(121)))
        .isEqualTo("\"" + "x".repeat(120) + "…\" (121 characters)");
  }
}
