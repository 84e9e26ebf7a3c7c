package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.PeftModel;
import org.peft4j.lora.LoraConfig;
import org.peft4j.train.data.TrainingData;
import org.peft4j.train.data.VectorData;
import org.peft4j.train.data.table.Columns;
import org.peft4j.train.data.table.Table;
import org.peft4j.train.data.task.DataFiles;
import org.peft4j.train.data.task.RowLabels;
import org.peft4j.train.objective.InBatchNegatives;
import org.peft4j.train.objective.VectorObjective;
import org.peft4j.transformers.Encoder;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.VectorPooling;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.family.Families;

/** The code about tasks in docs/training.md. */
class TaskGuideTest {
  private final Path folder =
      Path.of("../peft-transformers/src/test/resources/golden/predictions/bert_vectors");
  private final Path adapter;
  private final Path temporary;
  private final LoraConfig lora =
      LoraConfig.builder().rank(2).targetModules("query", "value").build();
  private final FineTuningSettings settings =
      FineTuningSettings.builder().steps(2).batchSize(4).build();

  TaskGuideTest(@TempDir Path temporary) {
    this.temporary = temporary;
    this.adapter = temporary.resolve("adapter");
  }

  @Test
  void aClassifierIsTrainedFromATable() throws IOException {
    Path file = temporary.resolve("reviews.csv");
    Files.writeString(file, "review,stars\n" + "a cat,low\na king,high\n".repeat(5));

    Columns columns = Columns.parse("text=review,label=stars");
    TaskHead head =
        RowLabels.head(
            Table.of(file, columns),
            Task.SEQ_CLS,
            Families.read(folder),
            Optional.empty(),
            Optional.empty());
    TrainingData reviews =
        DataFiles.of(folder, head).withColumns(columns).withSequenceLength(128).read(file);
    try (TransformerModel base = Transformers.open(folder, head, TransformerOptions.defaults())) {
      PeftModel<ComputationGraph> model = base.wrap(lora);
      FineTuner.builder(model, reviews.first(0.8))
          .evaluation(reviews.after(0.8))
          .settings(settings)
          .build()
          .run();
      base.save(adapter);
    }

    assertThat(Files.readString(adapter.resolve("config.json"))).contains("\"low\"", "\"high\"");
    assertThat(reviews.size()).isEqualTo(10);
  }

  @Test
  void anEncoderIsTrainedOnPairs() throws IOException {
    Path file = temporary.resolve("pairs.tsv");
    Files.writeString(file, "text\ttext_pair\na cat\tcats\na king\tkings\n");

    TaskHead vectors = TaskHead.of(Task.FEATURE_EXTRACTION);
    VectorData pairs = DataFiles.of(folder, vectors).readRelated(file);
    try (Encoder encoder = Transformers.loadEncoder(folder)) {
      PeftModel<ComputationGraph> model = encoder.wrap(lora);
      VectorObjective objective =
          new VectorObjective(new InBatchNegatives(0.05), VectorPooling.MEAN);
      FineTuner.builder(model, objective).data(pairs).settings(settings).build().run();
      encoder.save(adapter);
    }

    assertThat(adapter.resolve("adapter_model.safetensors")).exists();
  }
}
