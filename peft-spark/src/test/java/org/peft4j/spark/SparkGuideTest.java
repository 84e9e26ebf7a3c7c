package org.peft4j.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.lora.LoraConfig;
import org.peft4j.train.Checkpoints;
import org.peft4j.train.FineTuner;
import org.peft4j.train.FineTunerBuilder;
import org.peft4j.train.FineTuningSettings;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.data.TrainingData;
import org.peft4j.train.parallel.WorkerRows;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.Transformers;

/** What the guide says. */
class SparkGuideTest {
  private final Path parent;

  SparkGuideTest(@TempDir Path parent) {
    this.parent = parent;
  }

  private static LoraConfig lora() {
    return LoraConfig.builder().rank(2).targetModules("q_proj", "v_proj").build();
  }

  private static FineTuningSettings settings() {
    return FineTuningSettings.builder().steps(3).batchSize(1).learningRate(1e-2).build();
  }

  private static TrainingData tokens(List<Row> rows) {
    return TinyModel.ofRows(rows);
  }

  @Test
  void fourWorkersSaveOneAdapter() {
    String folder = TinyModel.in(parent).folder();
    String checkpoints = parent.resolve("checkpoints").toString();
    String output = parent.resolve("adapter").toString();
    SparkSession spark = LocalSpark.session();
    try {
      Dataset<Row> rows = TinyModel.rows(spark, 9);

      List<float[]> adapters =
          SparkWorkers.on(spark, 4)
              .run(
                  rows,
                  worker -> {
                    TransformerModel base =
                        SharedModels.get(folder, () -> Transformers.load(Path.of(folder)));
                    try (PeftModel<ComputationGraph> model = Peft.wrap(base.graph(), lora(), 42)) {
                      FineTunerBuilder<TokenBatch> builder =
                          FineTuner.builder(model, tokens(worker.rows()))
                              .settings(settings())
                              .workers(worker.workers(), WorkerRows.OWN)
                              .checkpoints(Path.of(checkpoints), 100)
                              .listener(worker.listener());
                      Checkpoints.latest(Path.of(checkpoints)).ifPresent(builder::resumeFrom);
                      builder.build().run();
                      if (worker.workers().first()) {
                        model.save(Path.of(output));
                      }
                      return model.network().params().toFloatVector();
                    }
                  });

      assertThat(adapters).hasSize(4).allSatisfy(a -> assertThat(a).isEqualTo(adapters.get(0)));
      TransformerModel base = SharedModels.get(folder, () -> Transformers.load(Path.of(folder)));
      try (PeftModel<ComputationGraph> saved = Peft.load(base.graph(), Path.of(output))) {
        assertThat(saved.network().params().toFloatVector()).isEqualTo(adapters.get(3));
      }
    } finally {
      SharedModels.closeAll();
    }
  }
}
