package org.peft4j.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;

/** Patterns drawn as pictures: a line for each query, x where it sees a key. */
class AttentionPatternTest {
  static Stream<Arguments> pictures() {
    AttentionPattern causal = AttentionPattern.causal(4);
    AttentionPattern full = AttentionPattern.full(5, 5);
    return Stream.of(
        Arguments.of("causal", causal, "x... xx.. xxx. xxxx"),
        Arguments.of("after two keys", AttentionPattern.causal(2, 2, 4), "xxx. xxxx"),
        Arguments.of("unused slots", AttentionPattern.causal(2, 2, 6), "xxx... xxxx.."),
        Arguments.of("both directions", AttentionPattern.full(3, 3), "xxx xxx xxx"),
        Arguments.of("another sequence", AttentionPattern.full(2, 5), "xxxxx xxxxx"),
        Arguments.of("window", causal.withWindow(2), "x... xx.. .xx. ..xx"),
        Arguments.of("window of one", causal.withWindow(1), "x... .x.. ..x. ...x"),
        Arguments.of("wide window", causal.withWindow(9), "x... xx.. xxx. xxxx"),
        Arguments.of(
            "window over a cache", AttentionPattern.causal(3, 2, 6).withWindow(3), ".xxx.. ..xxx."),
        Arguments.of("window on both sides", full.withWindow(2), "xx... xxx.. .xxx. ..xxx ...xx"),
        Arguments.of(
            "window of one on both sides", full.withWindow(1), "x.... .x... ..x.. ...x. ....x"),
        Arguments.of(
            "wide window on both sides", full.withWindow(5), "xxxxx xxxxx xxxxx xxxxx xxxxx"),
        Arguments.of(
            "window on both sides, padding",
            full.withMask(1, new int[] {1, 1, 0, 1, 0}).withWindow(2),
            "xx... xx... .x.x. ...x. ...x."),
        Arguments.of(
            "prefix before a window on both sides",
            AttentionPattern.full(3, 3).withWindow(2).withPrefix(1),
            "xxx. xxxx x.xx"),
        Arguments.of("left padding", causal.withLeftPadding(2), ".... .... ..x. ..xx"),
        Arguments.of("a hole", causal.withMask(1, new int[] {1, 0, 1, 1}), "x... x... x.x. x.xx"),
        Arguments.of(
            "padding of another sequence",
            AttentionPattern.full(2, 5).withMask(1, new int[] {0, 1, 1, 0, 1}),
            ".xx.x .xx.x"),
        Arguments.of(
            "documents", causal.withMask(1, new int[] {1, 1, 2, 2}), "x... xx.. ..x. ..xx"),
        Arguments.of(
            "documents with padding",
            AttentionPattern.causal(7).withMask(1, new int[] {0, 1, 1, 0, 2, 2, 0}),
            "....... .x..... .xx.... .xx.... ....x.. ....xx. ....xx."),
        Arguments.of(
            "documents in both directions",
            full.withMask(1, new int[] {1, 2, 2, 2, 3}),
            "x.... .xxx. .xxx. .xxx. ....x"),
        Arguments.of(
            "documents in a window",
            AttentionPattern.causal(6).withMask(1, new int[] {1, 1, 1, 2, 2, 2}).withWindow(2),
            "x..... xx.... .xx... ...x.. ...xx. ....xx"),
        Arguments.of(
            "prefix before documents",
            causal.withMask(1, new int[] {1, 2, 2, 3}).withPrefix(1),
            "xx... x.x.. x.xx. x...x"),
        Arguments.of("prefix", causal.withPrefix(2), "xxx... xxxx.. xxxxx. xxxxxx"),
        Arguments.of(
            "prefix before padding",
            causal.withLeftPadding(2).withPrefix(1),
            "x.... x.... x..x. x..xx"),
        Arguments.of(
            "prefix before a window",
            causal.withWindow(3).withPrefix(2),
            "xxx... .xxx.. ..xxx. ...xxx"),
        Arguments.of(
            "prefix that leaves a window at once",
            causal.withWindow(1).withPrefix(1),
            ".x... ..x.. ...x. ....x"),
        Arguments.of(
            "prefix before padding and a window",
            causal.withLeftPadding(2).withWindow(3).withPrefix(2),
            "xx.... xx.... xx..x. .x..xx"),
        Arguments.of(
            "prefix before documents in a window",
            causal.withMask(1, new int[] {1, 1, 2, 2}).withWindow(2).withPrefix(2),
            ".xx... ..xx.. .x..x. ....xx"),
        Arguments.of(
            "prefix and a cache in a window",
            AttentionPattern.causal(1, 2, 4).withWindow(3).withPrefix(2),
            ".xxx.. ..xxx."));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("pictures")
  void showsWhatThePictureShows(String name, AttentionPattern pattern, String picture) {
    assertThat(drawn(pattern, 0)).isEqualTo(picture);
    assertThat(pattern.showsAll()).isEqualTo(!picture.contains("."));
  }

  private static String drawn(AttentionPattern pattern, int row) {
    return lines(pattern, query -> line(pattern, row, query));
  }

  private static String lines(AttentionPattern pattern, IntFunction<String> line) {
    return IntStream.range(0, pattern.queries()).mapToObj(line).collect(Collectors.joining(" "));
  }

  private static String line(AttentionPattern pattern, int row, int query) {
    return IntStream.range(0, pattern.keys())
        .mapToObj(key -> pattern.shows(row, query, key) ? "x" : ".")
        .collect(Collectors.joining());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("pictures")
  void hiddenRunsAreTheGapsOfThePicture(String name, AttentionPattern pattern, String picture) {
    KeyRange all = new KeyRange(0, pattern.keys());
    String drawn =
        lines(
            pattern,
            query -> {
              StringBuilder line = new StringBuilder("x".repeat(pattern.keys()));
              pattern.forEachHidden(
                  0, query, all, (from, end) -> line.replace(from, end, ".".repeat(end - from)));
              return line.toString();
            });
    assertThat(drawn).isEqualTo(picture);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("pictures")
  void rangesHoldAllThatIsShownToQueriesThatSeeAnything(
      String name, AttentionPattern pattern, String picture) {
    for (int first = 0; first < pattern.queries(); first++) {
      for (int count = 1; count <= pattern.queries() - first; count++) {
        KeyRange range = pattern.range(first, count);
        assertThat(range.count()).isBetween(1, pattern.keys());
        for (int query = first; query < first + count; query++) {
          String line = picture.split(" ")[query];
          String outside = line.substring(0, range.first()) + line.substring(range.end());
          assertThat(outside).doesNotContain("x");
        }
      }
    }
  }

  @Test
  void rangesSkipWhatCausalityWindowAndPaddingHide() {
    AttentionPattern causal = AttentionPattern.causal(100);
    assertThat(causal.range(10, 20)).isEqualTo(new KeyRange(0, 30));
    assertThat(causal.withWindow(5).range(10, 20)).isEqualTo(new KeyRange(6, 30));
    assertThat(causal.withPrefix(3).withWindow(5).range(10, 20)).isEqualTo(new KeyRange(9, 33));
    assertThat(causal.withPrefix(3).withWindow(12).range(10, 20)).isEqualTo(new KeyRange(0, 33));
    assertThat(AttentionPattern.full(100, 100).withWindow(5).range(10, 20))
        .isEqualTo(new KeyRange(6, 34));
    assertThat(causal.withLeftPadding(8, 4).range(10, 20)).isEqualTo(new KeyRange(4, 30));
    assertThat(AttentionPattern.causal(7, 1, 100).range(0, 1)).isEqualTo(new KeyRange(0, 8));
  }

  @Test
  void eachRowHasItsPadding() {
    AttentionPattern pattern = AttentionPattern.causal(3).withLeftPadding(0, 2);
    assertThat(pattern.rows()).isEqualTo(2);
    assertThat(drawn(pattern, 0)).isEqualTo("x.. xx. xxx");
    assertThat(drawn(pattern, 1)).isEqualTo("... ... ..x");
    assertThat(pattern.blind(0)).isEmpty();
    assertThat(pattern.blind(1)).containsExactly(0, 1);
    assertThat(pattern.withPrefix(1).blind(1)).isEmpty();
  }

  @Test
  void aMaskThatHidesNothingSaysNothing() {
    AttentionPattern pattern =
        AttentionPattern.full(2, 2).withMask(3, new int[] {1, 1, 1, 1, 1, 1});
    assertThat(pattern.rows()).isEqualTo(1);
    assertThat(pattern.showsAll()).isTrue();
  }

  @Test
  void refusesWhatDoesNotFit() {
    AttentionPattern causal = AttentionPattern.causal(4);
    var bias = Nd4j.zeros(DataType.FLOAT, 1, 1, 4, 4);
    assertThatThrownBy(() -> AttentionPattern.causal(3, 2, 4))
        .hasMessageStartingWith("2 queries after 3 keys over 4 keys");
    assertThatThrownBy(() -> AttentionPattern.full(0, 4)).hasMessageStartingWith("0 queries and 4");
    assertThatThrownBy(() -> causal.withWindow(0))
        .hasMessageStartingWith("window is 0 for 4 queries and 4 keys; allowed: at least 1");
    assertThatThrownBy(() -> AttentionPattern.full(4, 6).withWindow(2))
        .hasMessageStartingWith("window is 2 for 4 queries and 6 keys");
    assertThatThrownBy(() -> causal.withMask(2, new int[7]))
        .hasMessageContaining("7 elements for 2 rows of 4 keys");
    assertThatThrownBy(() -> causal.withMask(1, new int[] {1, 3, 3, 3}))
        .hasMessageContaining("3 at row 0, key 1, after document 1");
    assertThatThrownBy(() -> causal.withMask(1, new int[] {1, 2, 1, 1}))
        .hasMessageContaining("1 at row 0, key 2, after document 2");
    assertThatThrownBy(() -> AttentionPattern.full(5, 3).withMask(1, new int[] {1, 2, 2}))
        .hasMessageContaining("documents of one sequence");
    assertThatThrownBy(() -> causal.withLeftPadding(0, -1)).hasMessageContaining("[0, -1]");
    assertThatThrownBy(() -> causal.withBias(bias).withPrefix(2))
        .hasMessageStartingWith("prefix is 2 after a bias was set");
    assertThatThrownBy(() -> causal.withPrefix(1).withBias(bias))
        .hasMessageContaining("[1, 1, 4, 4]")
        .hasMessageContaining("heads, 4, 5]");
  }

  @Test
  void arraysMustFit() {
    AttentionPattern pattern = AttentionPattern.causal(4).withLeftPadding(0, 1);
    var two = Nd4j.zeros(DataType.FLOAT, 2, 4, 1, 3);
    pattern.requireFits(two, two);
    assertThatThrownBy(() -> pattern.requireFits(Nd4j.zeros(DataType.FLOAT, 3, 4, 1, 3), two))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("[3, 4, 1, 3]")
        .hasMessageContaining("2 rows");
    assertThatThrownBy(() -> pattern.requireFits(two, Nd4j.zeros(DataType.FLOAT, 2, 5, 1, 3)))
        .hasMessageContaining("4 queries, 4 keys");
  }
}
