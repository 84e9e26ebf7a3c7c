package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.TrainingData;

/** Trainings on batches that the library does not choose. */
class OwnDataSourceTest {
  private static final TrainingData DATA = TinyTraining.data(11);
  private static final int STEPS = 6;

  private final Path folder;

  OwnDataSourceTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void theSourceSaysHowManyStepsThereAreAndIsAfterwardsWhereItWas() {
    DrawnBatches source = new DrawnBatches(DATA, STEPS, 5);
    Map<String, Long> before = source.position();
    try (TinyTraining tiny = new TinyTraining()) {
      assertThat(tuner(tiny, source).build().run().steps()).isEqualTo(STEPS);
    }
    assertThat(source.position()).isEqualTo(before);
  }

  @Test
  void aResumedTrainingGoesOnWithTheBatchesThatWouldHaveComeNext() {
    float[] whole;
    try (TinyTraining tiny = new TinyTraining()) {
      tuner(tiny, new DrawnBatches(DATA, STEPS, 5)).checkpoints(folder, 4).build().run();
      whole = tiny.parameters();
    }
    try (TinyTraining tiny = new TinyTraining()) {
      // Its own seed does not matter: the checkpoint says where it was.
      tuner(tiny, new DrawnBatches(DATA, STEPS, 99))
          .resumeFrom(folder.resolve("checkpoint-4"))
          .build()
          .run();

      assertThat(tiny.parameters()).isEqualTo(whole);
    }
  }

  @Test
  void aPositionOfAnotherSourceIsRefusedBeforeAnythingChanges() {
    try (TinyTraining tiny = new TinyTraining()) {
      tuner(tiny, new DrawnBatches(DATA, STEPS, 5)).checkpoints(folder, 4).build().run();
      float[] before = tiny.parameters();
      FineTuner other =
          FineTuner.builder(tiny.model, DATA)
              .settings(TinyTraining.settings().build())
              .resumeFrom(folder.resolve("checkpoint-4"))
              .build();

      assertThatThrownBy(other::run)
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("The position of the data is {generator=");
      assertThat(tiny.parameters()).isEqualTo(before);
    }
  }

  private static FineTunerBuilder<?> tuner(TinyTraining tiny, DrawnBatches source) {
    return FineTuner.builder(tiny.model, DATA)
        .settings(TinyTraining.settings().build())
        .data(source);
  }
}
