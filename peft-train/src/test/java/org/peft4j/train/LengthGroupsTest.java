package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.data.TokenSequence;
import org.peft4j.train.data.TrainingData;

class LengthGroupsTest {
  private static final long[] LENGTHS = {
    20, 9, 24, 12, 26, 23, 27, 24, 21, 30, 17, 1, 27, 15, 25, 8, 21, 2, 29, 6, 4, 12, 16
  };
  private static final int[] ORDER = {
    5, 8, 19, 13, 16, 11, 9, 20, 10, 1, 21, 14, 2, 4, 15, 6, 0, 22, 18, 3, 17, 12, 7
  };

  /** What transformers 5.18's get_length_grouped_indices makes of that order. */
  @Test
  void ordersAreThoseOfTransformers() {
    assertThat(new LengthGroups(LENGTHS, 2).of(ORDER))
        .containsExactly(
            9, 8, 13, 19, 5, 16, 20, 11, 14, 10, 21, 1, 6, 4, 2, 15, 18, 0, 22, 3, 12, 7, 17);
    assertThat(new LengthGroups(LENGTHS, 8).of(ORDER))
        .containsExactly(
            9, 5, 8, 16, 13, 19, 20, 11, 6, 4, 14, 2, 10, 21, 1, 15, 18, 12, 7, 0, 22, 3, 17);
  }

  private static TrainingData data(int rows) {
    return TrainingData.of(
        IntStream.range(0, rows)
            .mapToObj(
                i -> {
                  int[] ids = new int[2 + i * 7 % 20];
                  Arrays.fill(ids, i % 50);
                  return TokenSequence.of(ids);
                })
            .toList(),
        0);
  }

  private static long padded(EpochSource<TokenBatch> source) {
    long padded = 0;
    for (int step = 0; step < source.steps(); step++) {
      for (TokenBatch batch : source.next()) {
        padded += (long) batch.rows() * batch.time() - batch.tokens();
      }
    }
    return padded;
  }

  @Test
  void lessIsPadded() {
    TrainingData data = data(200);
    FineTuningSettingsBuilder settings = FineTuningSettings.builder().batchSize(4).seed(3);

    long alone = padded(new EpochSource<>(data, settings.build()));
    long grouped = padded(new EpochSource<>(data, settings.groupByLength(true).build()));

    assertThat(grouped).isLessThan(alone / 4);
  }

  @Test
  void everyEpochHasEachRowOnceInAnOrderOfItsOwn() {
    TrainingData data = data(40);
    FineTuningSettings settings =
        FineTuningSettings.builder().batchSize(4).epochs(2).groupByLength(true).build();
    EpochSource<TokenBatch> source = new EpochSource<>(data, settings);
    StringBuilder first = new StringBuilder();
    StringBuilder second = new StringBuilder();
    long tokens = 0;
    for (int step = 0; step < 20; step++) {
      TokenBatch batch = source.next().get(0);
      tokens += batch.tokens();
      (step < 10 ? first : second).append(Arrays.deepToString(batch.inputIds()));
    }

    assertThat(tokens).isEqualTo(2 * IntStream.range(0, 40).mapToLong(data::length).sum());
    assertThat(first.toString()).isNotEqualTo(second.toString());
  }

  @Test
  void aResumedTrainingHasTheSameGroups(@TempDir Path folder) {
    TrainingData data = TinyTraining.data(11);
    FineTuningSettings settings = TinyTraining.settings().groupByLength(true).build();
    float[] whole;
    try (TinyTraining tiny = new TinyTraining()) {
      FineTuner.builder(tiny.model, data).settings(settings).checkpoints(folder, 4).build().run();
      whole = tiny.parameters();
    }
    try (TinyTraining tiny = new TinyTraining()) {
      FineTuner.builder(tiny.model, data)
          .settings(settings)
          .resumeFrom(folder.resolve("checkpoint-4"))
          .build()
          .run();
      assertThat(tiny.parameters()).isEqualTo(whole);
    }
    try (TinyTraining tiny = new TinyTraining()) {
      FineTuner tuner =
          FineTuner.builder(tiny.model, data)
              .settings(TinyTraining.settings().build())
              .resumeFrom(folder.resolve("checkpoint-4"))
              .build();
      assertThatThrownBy(tuner::run).hasMessageContaining("groupByLength");
    }
  }

  @Test
  void groupsNeedAnOrder() {
    assertThatThrownBy(
            () -> FineTuningSettings.builder().shuffle(false).groupByLength(true).build())
        .hasMessageContaining("groupByLength is true; allowed: false without shuffle.");
  }
}
