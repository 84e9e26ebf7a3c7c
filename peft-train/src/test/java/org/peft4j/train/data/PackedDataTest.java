package org.peft4j.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.peft4j.error.PeftException;

/** Sequences packed in rows. */
class PackedDataTest {
  private static final int IGNORED = TokenSequence.IGNORED;

  private static TrainingData data() {
    return TrainingData.of(
        List.of(
            TokenSequence.of(new int[] {11, 12, 13}),
            TokenSequence.of(new int[] {21, 22, 23, 24}, new int[] {IGNORED, IGNORED, 23, 24}),
            TokenSequence.of(new int[] {31, 32}),
            TokenSequence.of(new int[] {0, 41, 42}, new int[] {0, 41, 42}, new int[] {0, 1, 1})),
        9);
  }

  @Test
  void rowsHoldSequencesApart() {
    TrainingData packed = data().packed(7);
    TokenBatch batch = packed.batch(0, 1);
    assertThat(batch.inputIds())
        .isDeepEqualTo(new int[][] {{21, 22, 23, 24, 11, 12, 13}, {0, 41, 42, 31, 32, 9, 9}});
    assertThat(batch.attentionMask())
        .isDeepEqualTo(new int[][] {{1, 1, 1, 1, 2, 2, 2}, {0, 1, 1, 2, 2, 0, 0}});
    assertThat(batch.labels())
        .isDeepEqualTo(
            new int[][] {
              {IGNORED, IGNORED, 23, 24, IGNORED, 12, 13},
              {IGNORED, 41, 42, IGNORED, 32, IGNORED, IGNORED}
            });
    assertThat(batch.tokens()).isEqualTo(11);
    assertThat(batch.labelled()).isEqualTo(7).isEqualTo((int) data().labelled());
    assertThat(batch.needsMask()).isTrue();
    assertThat(packed.longest()).isEqualTo(4);
    assertThat(packed.batch(0).isPadded()).isFalse();
    assertThat(packed.batch(0).needsMask()).isTrue();
  }

  @Test
  void aBatchWithoutPaddingIsOneRow() {
    TokenBatch batch = data().paddingFree().batch(2, 0);
    assertThat(batch.inputIds()).isDeepEqualTo(new int[][] {{31, 32, 11, 12, 13}});
    assertThat(batch.attentionMask()).isDeepEqualTo(new int[][] {{1, 1, 2, 2, 2}});
    TokenBatch packed = data().packed(7).paddingFree().batch(0, 1);
    assertThat(packed.attentionMask())
        .isDeepEqualTo(new int[][] {{1, 1, 1, 1, 2, 2, 2, 0, 3, 3, 4, 4}});
  }

  @Test
  void itemsGoWhereTheyFitBest() {
    assertThat(BestFit.blocks(new int[] {4, 8, 1, 4, 2, 1}, 10))
        .containsExactly(List.of(1, 4), List.of(0, 3, 2, 5));
    assertThat(BestFit.blocks(new int[] {3, 3, 3}, 3))
        .containsExactly(List.of(0), List.of(1), List.of(2));
  }

  @Test
  void everyItemHasOnePlaceAndNoBlockOverflows() {
    Random random = new Random(3);
    for (int round = 0; round < 50; round++) {
      int[] lengths = random.ints(1 + random.nextInt(200), 1, 65).toArray();
      List<List<Integer>> blocks = BestFit.blocks(lengths, 64);
      assertThat(blocks.stream().flatMap(List::stream))
          .containsExactlyInAnyOrderElementsOf(IntStream.range(0, lengths.length).boxed().toList());
      for (List<Integer> block : blocks) {
        assertThat(block.stream().mapToInt(i -> lengths[i]).sum()).isLessThanOrEqualTo(64);
      }
      double least = Math.ceil(IntStream.of(lengths).sum() / 64.0);
      assertThat((double) blocks.size()).isLessThanOrEqualTo(11.0 / 9 * least + 1 + least / 4);
    }
  }

  @Test
  void refusesWhatCannotBePacked() {
    assertThatThrownBy(() -> data().packed(3))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("packed rows is 3, the longest sequence has 4 tokens");
    TrainingData classes =
        TrainingData.of(List.of(TokenSequence.classified(new int[] {5, 6}, 1)), 0);
    assertThatThrownBy(() -> classes.packed(8)).hasMessageContaining("cannot be packed");
    TrainingData tasks = TrainingData.of(List.of(TokenSequence.of(new int[] {5, 6}).ofTask(1)), 0);
    assertThatThrownBy(tasks::paddingFree)
        .hasMessageContaining("A sequence has a task of its own, and cannot be packed");
  }
}
