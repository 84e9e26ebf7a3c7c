package org.peft4j.onednn.internal.attention;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.kernel.AttentionPattern;
import org.peft4j.kernel.KeyRange;
import org.peft4j.kernel.QueryTiles;
import org.peft4j.kernel.QueryTiles.Tile;
import org.peft4j.onednn.Floats;
import org.peft4j.onednn.internal.HeadRows;

/** The tiles of an attention, and what is done to the scores of a tile. */
class QueryTilesTest {
  static Stream<Arguments> patterns() {
    AttentionPattern causal = AttentionPattern.causal(200);
    return Stream.of(
        Arguments.of("one query", AttentionPattern.causal(1), 1),
        Arguments.of("fewer than a tile", AttentionPattern.causal(20), 1),
        Arguments.of("a tile and a half", AttentionPattern.causal(97), 2),
        Arguments.of("several", causal, 3),
        Arguments.of("both directions", AttentionPattern.full(200, 70), 3),
        Arguments.of("window", causal.withWindow(10), 3),
        Arguments.of("window on both sides", AttentionPattern.full(200, 200).withWindow(10), 3),
        Arguments.of("prefix", causal.withPrefix(5).withWindow(10), 3),
        Arguments.of("padding", causal.withLeftPadding(30, 120), 3));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("patterns")
  void tilesCoverTheQueriesAndAllThatTheseSee(String name, AttentionPattern pattern, int count) {
    List<Tile> tiles = QueryTiles.of(pattern);
    assertThat(tiles).hasSize(count);
    int next = 0;
    long area = 0;
    for (Tile tile : tiles) {
      assertThat(tile.first()).isEqualTo(next);
      assertThat(tile.before()).isEqualTo(area);
      assertThat(tile.keys()).isEqualTo(tile.range().count());
      for (int query = tile.first(); query < tile.first() + tile.count(); query++) {
        for (int key = 0; key < pattern.keys(); key++) {
          boolean inside = key >= tile.range().first() && key < tile.range().end();
          assertThat(inside || !pattern.shows(0, query, key)).isTrue();
        }
      }
      next += tile.count();
      area += tile.area();
    }
    assertThat(next).isEqualTo(pattern.queries());
  }

  @Test
  void tilesLeaveOutWhatNoQuerySees() {
    List<Tile> tiles = QueryTiles.of(AttentionPattern.causal(128).withWindow(8));
    assertThat(tiles)
        .extracting(Tile::range)
        .containsExactly(new KeyRange(0, 64), new KeyRange(32, 128));
  }

  /** So that decoding compiles a product for each step of 64 tokens, and not for each token. */
  @Test
  void aSingleQueryTakesKeysInSteps() {
    assertThat(decoding(3, 200)).isEqualTo(new KeyRange(0, 64));
    assertThat(decoding(63, 200)).isEqualTo(new KeyRange(0, 64));
    assertThat(decoding(64, 200)).isEqualTo(new KeyRange(0, 128));
    assertThat(decoding(150, 180)).isEqualTo(new KeyRange(0, 180));
    AttentionPattern window = AttentionPattern.causal(150, 1, 200).withWindow(5);
    assertThat(QueryTiles.of(window).get(0).range()).isEqualTo(new KeyRange(128, 192));
  }

  private static KeyRange decoding(int past, int keys) {
    return QueryTiles.of(AttentionPattern.causal(past, 1, keys)).get(0).range();
  }

  private static final AttentionPattern PADDED =
      AttentionPattern.causal(4).withMask(2, new int[] {1, 0, 1, 1, 0, 1, 1, 1}).withPrefix(1);

  @Test
  void theScoresOfHiddenKeysAreOverwrittenByANumberThatNoSoftmaxSees() {
    Tile tile = new Tile(1, 3, new KeyRange(0, 5), 5);
    INDArray scores = Floats.random(1, 7 + 2 * 2 * tile.area());
    INDArray before = scores.dup();

    for (int row = 0; row < 2; row++) {
      HiddenScores.set(
          PADDED, new TileScores(tile, row, 0, 2, scores, 7 + row * 2 * tile.area()), -1e30f);
    }

    for (int i = 0; i < 7; i++) {
      assertThat(scores.getFloat(i)).isEqualTo(before.getFloat(i));
    }
    for (int i = 0; i < 2 * 2 * tile.area(); i++) {
      int row = i / (2 * 3 * 5);
      boolean shown = PADDED.shows(row, 1 + i / 5 % 3, i % 5);
      float expected = shown ? before.getFloat(7 + i) : -1e30f;
      assertThat(scores.getFloat(7 + i)).as("score %d", i).isEqualTo(expected);
    }
  }

  @Test
  void aPatternThatShowsAllHidesNothing() {
    Tile tile = new Tile(0, 3, new KeyRange(0, 5), 0);
    INDArray scores = Floats.random(1, tile.area());
    INDArray before = scores.dup();
    HiddenScores.set(AttentionPattern.full(3, 5), new TileScores(tile, 0, 0, 1, scores, 0), 0);
    assertThat(scores).isEqualTo(before);
  }

  static Stream<Arguments> biases() {
    return Stream.of(
        Arguments.of(1, 1), Arguments.of(1, 2), Arguments.of(2, 1), Arguments.of(2, 2));
  }

  /** B = 2, H = 2, and a tile of queries 1 and 2 with keys 1 to 3 of [4, 5]. */
  @ParameterizedTest(name = "[{0}, {1}, T, S]")
  @MethodSource("biases")
  void aBiasIsAddedToTheScoresOfATileAndCollectsTheirGradients(int rows, int heads) {
    Tile tile = new Tile(1, 2, new KeyRange(1, 4), 0);
    INDArray bias = Floats.whole(1, rows, heads, 4, 5);
    INDArray scores = Floats.whole(2, 3 + 2 * 2 * 6);
    INDArray before = scores.dup();
    INDArray gradient = Floats.whole(3, rows, heads, 4, 5);
    INDArray expected = gradient.dup('c');
    INDArray upper = Floats.whole(4, 2 * 2 * 6);

    for (int i = 0; i < 4; i++) {
      int offset = i * 6;
      new BiasRows(bias).addTo(new TileScores(tile, i / 2, i % 2, 1, scores, 3 + offset));
      new BiasRows(gradient).addFrom(new TileScores(tile, i / 2, i % 2, 1, upper, offset));
    }

    for (int i = 0; i < 2 * 2 * 6; i++) {
      int[] at = {i / 12 % rows, i / 6 % 2 % heads, 1 + i / 3 % 2, 1 + i % 3};
      assertThat(scores.getFloat(3 + i)).isEqualTo(before.getFloat(3 + i) + bias.getFloat(at));
      expected.putScalar(at, expected.getFloat(at) + upper.getFloat(i));
    }
    assertThat(gradient).isEqualTo(expected);
  }

  @Test
  void rowsOfHeadsMayBePartsOfWiderRows() {
    INDArray fused = Floats.whole(1, 2, 3, 12);
    INDArray part =
        fused
            .get(NDArrayIndex.all(), NDArrayIndex.all(), NDArrayIndex.interval(4, 8))
            .reshape('c', true, 2, 3, 2, 2);
    HeadRows rows = HeadRows.of(part);
    float[] row = new float[4];

    rows.get(4, row);
    for (int i = 0; i < 4; i++) {
      assertThat(row[i]).isEqualTo(fused.getFloat(1, 1, 4 + i));
    }
    rows.put(5, row);
    assertThat(fused.getFloat(1, 2, 4)).isEqualTo(fused.getFloat(1, 1, 4));
    assertThat(fused.getFloat(1, 2, 8)).isEqualTo(Floats.whole(1, 2, 3, 12).getFloat(1, 2, 8));
  }
}
