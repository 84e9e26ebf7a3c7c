package org.peft4j.spark;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.lora.LoraConfig;
import org.peft4j.train.FineTuner;
import org.peft4j.train.FineTunerBuilder;
import org.peft4j.train.FineTuningSettings;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.data.TokenSequence;
import org.peft4j.train.data.TrainingData;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.checkpoint.RandomCheckpoint;

/** A small Llama with random weights in a folder, and sentences of random tokens. */
final class TinyModel implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final int VOCABULARY = 47;
  private static final String CONFIG =
      """
      {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": 47,
       "hidden_size": 16, "intermediate_size": 20, "num_hidden_layers": 2,
       "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 32,
       "tie_word_embeddings": false}
      """;

  private final String folder;

  private TinyModel(Path folder) {
    this.folder = folder.toString();
  }

  static TinyModel in(Path parent) {
    try {
      Path config = Files.writeString(parent.resolve("tiny.json"), CONFIG);
      Path folder = parent.resolve("tiny");
      RandomCheckpoint.init(config, folder, 5);
      return new TinyModel(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String folder() {
    return folder;
  }

  TransformerModel load() {
    return SharedModels.get(
        folder, () -> Transformers.load(Path.of(folder), TransformerOptions.defaults()));
  }

  PeftModel<ComputationGraph> wrapped() {
    return Peft.wrap(
        load().graph(), LoraConfig.builder().rank(2).targetModules("q_proj", "v_proj").build(), 42);
  }

  static List<int[]> sentences(int count) {
    Random random = new Random(count);
    List<int[]> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      all.add(random.ints(4 + i % 5, 3, VOCABULARY).toArray());
    }
    return all;
  }

  static Dataset<Row> rows(SparkSession spark, int count) {
    List<Row> rows = new ArrayList<>();
    for (int[] sentence : sentences(count)) {
      rows.add(RowFactory.create((Object) Arrays.stream(sentence).boxed().toArray(Integer[]::new)));
    }
    return spark.createDataFrame(
        rows, new StructType().add("ids", DataTypes.createArrayType(DataTypes.IntegerType, false)));
  }

  static TrainingData data(List<int[]> sentences) {
    return TrainingData.of(
        sentences.stream().map(ids -> TokenSequence.of(ids, ids.clone())).toList(), 0);
  }

  static TrainingData ofRows(List<Row> rows) {
    return data(
        rows.stream()
            .map(row -> row.<Integer>getList(0).stream().mapToInt(Integer::intValue).toArray())
            .toList());
  }

  static FineTunerBuilder<TokenBatch> builder(
      PeftModel<ComputationGraph> model, TrainingData data, int batchSize) {
    return FineTuner.builder(model, data)
        .settings(
            FineTuningSettings.builder()
                .steps(50)
                .batchSize(batchSize)
                .learningRate(1e-2)
                .shuffle(false)
                .build());
  }
}
