package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.data.TokenSequence;
import org.peft4j.train.data.TrainingData;

class EpochSourceTest {
  private static final int ROWS = 5;

  /** Row i is the tokens (i, i). */
  private static final TrainingData DATA =
      TrainingData.of(
          IntStream.range(0, ROWS).mapToObj(i -> TokenSequence.of(new int[] {i, i})).toList(), 0);

  @Test
  void theLastBatchOfAnEpochIsShort() {
    EpochSource<TokenBatch> source = inOrder(settings().epochs(2).batchSize(2));

    assertThat(source.steps()).isEqualTo(6);
    assertThat(steps(source, 2)).containsExactly("[0, 1]", "[2, 3]");
    assertThat(source.epochs()).isZero();
    assertThat(steps(source, 1)).containsExactly("[4]");
    assertThat(source.epochs()).isEqualTo(1);
    assertThat(steps(source, 3)).containsExactly("[0, 1]", "[2, 3]", "[4]");
    assertThat(source.epochs()).isEqualTo(2);
  }

  @Test
  void theShortBatchCanBeLeftOut() {
    EpochSource<TokenBatch> source = inOrder(settings().steps(5).batchSize(2).dropLast(true));

    assertThat(source.steps()).isEqualTo(5);
    assertThat(steps(source, 3)).containsExactly("[0, 1]", "[2, 3]", "[0, 1]");
    assertThat(source.epochs()).isEqualTo(1);
  }

  @Test
  void dataThatIsNoBatchAtAllIsRefused() {
    assertThatThrownBy(() -> inOrder(settings().batchSize(6).dropLast(true)))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "The data has 5 sequences, less than a batch of 6, and the short batch is to be left"
                + " out, so that nothing would train. Make the batches smaller, or keep the last"
                + " one.");
  }

  /** As many as are accumulated, and in the last step of an epoch those that remain. */
  @Test
  void aStepHasSeveralBatches() {
    EpochSource<TokenBatch> source =
        inOrder(settings().epochs(2).batchSize(1).gradientAccumulation(3));

    assertThat(source.steps()).isEqualTo(4);
    assertThat(steps(source, 3)).containsExactly("[0][1][2]", "[3][4]", "[0][1][2]");
  }

  @Test
  void aSourceThatIsRestoredGivesWhatCameAfterThatPosition() {
    FineTuningSettings settings = settings().epochs(3).batchSize(2).seed(9).build();
    EpochSource<TokenBatch> source = new EpochSource<>(DATA, settings);
    steps(source, 3);
    Map<String, Long> position = source.position();
    List<String> after = steps(source, 4);

    source.restore(position);
    EpochSource<TokenBatch> fresh = new EpochSource<>(DATA, settings);
    fresh.restore(position);

    assertThat(steps(source, 4)).isEqualTo(after);
    assertThat(steps(fresh, 4)).isEqualTo(after);
  }

  static List<Map<String, Long>> impossible() {
    return List.of(Map.of(), Map.of("step", -1L), Map.of("step", 1L << 40), Map.of("a", 1L));
  }

  @ParameterizedTest
  @MethodSource("impossible")
  void aPositionThatCannotBeIsRefused(Map<String, Long> position) {
    EpochSource<TokenBatch> source = inOrder(settings().batchSize(2));
    steps(source, 1);

    assertThatThrownBy(() -> source.restore(position))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("position of the data is " + position)
        .hasMessageContaining("needed: step, 0 to 2147483647");
    assertThat(steps(source, 1)).containsExactly("[2, 3]");
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

  private static EpochSource<TokenBatch> inOrder(FineTuningSettingsBuilder settings) {
    return new EpochSource<>(DATA, settings.shuffle(false).build());
  }

  private static List<String> steps(EpochSource<TokenBatch> source, int count) {
    List<String> steps = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      steps.add(text(source.next()));
    }
    return steps;
  }

  private static String text(List<TokenBatch> batches) {
    StringBuilder text = new StringBuilder();
    for (TokenBatch batch : batches) {
      text.append(Arrays.toString(Arrays.stream(batch.inputIds()).mapToInt(r -> r[0]).toArray()));
    }
    return text.toString();
  }
}
