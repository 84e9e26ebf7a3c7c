package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.data.TokenSequence;
import org.peft4j.train.data.TrainingData;

class BatchFeedTest {
  private static final int ROWS = 5;

  /** Row i is the tokens (i, i). */
  private static final TrainingData DATA =
      TrainingData.of(
          IntStream.range(0, ROWS).mapToObj(i -> TokenSequence.of(new int[] {i, i})).toList(), 0);

  @Test
  void anEpochThatEndsWithinABatchIsFollowedByTheNext() {
    BatchFeed feed = new BatchFeed(DATA, settings().steps(4).batchSize(2).shuffle(false).build());

    assertThat(feed.steps()).isEqualTo(4);
    assertThat(steps(feed)).containsExactly("[0, 1]", "[2, 3]", "[4, 0]", "[1, 2]");
    assertThat(feed.epochs(2)).isZero();
    assertThat(feed.epochs(3)).isEqualTo(1);
  }

  @Test
  void theLastBatchOfTheLastEpochIsShort() {
    BatchFeed feed = new BatchFeed(DATA, settings().epochs(2).batchSize(4).shuffle(false).build());

    assertThat(steps(feed)).containsExactly("[0, 1, 2, 3]", "[4, 0, 1, 2]", "[3, 4]");
    assertThat(feed.epochs(3)).isEqualTo(2);
  }

  @Test
  void aStepHasAsManyBatchesAsAreAccumulated() {
    BatchFeed feed =
        new BatchFeed(
            DATA, settings().epochs(1).batchSize(2).gradientAccumulation(2).shuffle(false).build());

    assertThat(steps(feed)).containsExactly("[0, 1][2, 3]", "[4]");
  }

  @Test
  void shufflingGivesEachEpochAllRowsInAnOrderThatTheSeedFixes() {
    RowOrder order = new RowOrder(100, true, 7);

    assertThat(order.epoch(0)).isEqualTo(new RowOrder(100, true, 7).epoch(0));
    assertThat(order.epoch(0)).isNotEqualTo(order.epoch(1));
    assertThat(order.epoch(0)).isNotEqualTo(new RowOrder(100, true, 8).epoch(0));
    assertThat(order.epoch(3)).containsExactlyInAnyOrder(IntStream.range(0, 100).toArray());
  }

  private static FineTuningSettingsBuilder settings() {
    return FineTuningSettings.builder();
  }

  private static List<String> steps(BatchFeed feed) {
    return IntStream.range(0, (int) feed.steps()).mapToObj(i -> text(feed.step(i))).toList();
  }

  private static String text(List<TokenBatch> batches) {
    StringBuilder text = new StringBuilder();
    for (TokenBatch batch : batches) {
      text.append(Arrays.toString(Arrays.stream(batch.inputIds()).mapToInt(r -> r[0]).toArray()));
    }
    return text.toString();
  }
}
