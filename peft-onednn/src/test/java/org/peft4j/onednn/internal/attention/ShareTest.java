package org.peft4j.onednn.internal.attention;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class ShareTest {
  @ParameterizedTest(name = "{0} heads, {1} sequences, {2} cores")
  @CsvSource({
    "8, 1, 2, 2, 4",
    "1, 1, 2, 1, 1",
    "1, 6, 2, 2, 3",
    "5, 1, 2, 2, 3",
    "5, 4, 2, 2, 10",
    "12, 4, 16, 16, 3",
    "8, 1, 16, 1, 8",
    "3, 3, 4, 3, 3",
    "5, 1, 4, 1, 5",
    "7, 2, 1, 1, 14"
  })
  void splitsEvenlyOrNotAtAll(int heads, int batch, int cores, int shares, int largest) {
    List<Share> split = Share.split(heads, batch, cores, null);

    assertThat(split).hasSize(shares);
    assertCovers(split, heads, batch);
    assertThat(split).extracting(s -> s.heads() * s.sequences()).contains(largest);
    assertThat(split).allMatch(s -> s.heads() * s.sequences() <= largest);
  }

  @Test
  void whatAddsToTheSameNumbersStaysTogether() {
    assertThat(Share.split(8, 4, 4, sums(1, 8))).hasSize(4).allMatch(s -> s.sequences() == 4);
    assertThat(Share.split(8, 4, 4, sums(4, 1))).hasSize(4).allMatch(s -> s.heads() == 8);
    assertThat(Share.split(8, 4, 4, sums(1, 1))).containsExactly(new Share(0, 8, 0, 4));
  }

  @Test
  void partsHaveNoMoreHeadsThanAsked() {
    List<Share> parts = new Share(3, 7, 2, 4).parts(3);
    assertThat(parts)
        .containsExactly(new Share(3, 2, 2, 4), new Share(5, 2, 2, 4), new Share(7, 3, 2, 4));
    assertThat(Share.mostHeads(parts)).isEqualTo(3);
    assertThat(new Share(3, 7, 2, 4).parts(9)).containsExactly(new Share(3, 7, 2, 4));
  }

  private static INDArray sums(int rows, int heads) {
    return Nd4j.create(DataType.FLOAT, rows, heads, 2, 2);
  }

  private static void assertCovers(List<Share> split, int heads, int batch) {
    int[][] times = new int[batch][heads];
    for (Share share : split) {
      for (int sequence : share.eachSequence()) {
        for (int i = 0; i < share.heads(); i++) {
          times[sequence][share.firstHead() + i]++;
        }
      }
    }
    for (int[] row : times) {
      assertThat(row).containsOnly(1);
    }
  }
}
