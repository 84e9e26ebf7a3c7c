package org.peft4j.train.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.PeftModel;
import org.peft4j.prompt.tuning.PromptTuningConfig;
import org.peft4j.train.data.VectorData;
import org.peft4j.train.data.task.DataFiles;
import org.peft4j.transformers.Encoder;
import org.peft4j.transformers.VectorPooling;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;

/** Behind a prompt, texts are embedded as they are trained: by the states of their own tokens. */
class PromptedVectorsTest {
  private static final Path MODEL =
      Path.of("../peft-transformers/src/test/resources/golden/predictions/bert_vectors");

  @Test
  void theLossOfPairsIsThatOfTheirEmbeddedVectors(@TempDir Path folder) throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("a.csv"),
            "text,text_pair,score\nThe cat has a hat,we,0.3\nkings,a king there was,0.9\n");
    VectorData data = DataFiles.of(MODEL, TaskHead.of(Task.FEATURE_EXTRACTION)).readRelated(file);
    try (Encoder encoder = Encoder.load(MODEL)) {
      PeftModel<ComputationGraph> model =
          encoder.wrap(PromptTuningConfig.builder().virtualTokens(3).build());
      VectorObjective objective =
          new VectorObjective(new CosineSimilarityLoss(), VectorPooling.MEAN);

      double loss = objective.loss(model, data.batch(0, 1)).value();

      double first = cosine(encoder.embed(List.of("The cat has a hat", "we"))) - 0.3;
      double second = cosine(encoder.embed(List.of("kings", "a king there was"))) - 0.9;
      assertThat(loss).isCloseTo((first * first + second * second) / 2, within(1e-6));
    }
  }

  private static double cosine(List<float[]> vectors) {
    float[] a = vectors.get(0);
    return IntStream.range(0, a.length).mapToDouble(i -> (double) a[i] * vectors.get(1)[i]).sum();
  }
}
