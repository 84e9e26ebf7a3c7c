package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraConfig;
import org.peft4j.prompt.tuning.PromptTuningConfig;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.train.data.RelatedTexts;
import org.peft4j.train.data.TokenSequence;
import org.peft4j.train.data.VectorData;
import org.peft4j.train.objective.CosineSimilarityLoss;
import org.peft4j.train.objective.InBatchNegatives;
import org.peft4j.train.objective.TripletLoss;
import org.peft4j.train.objective.VectorLoss;
import org.peft4j.train.objective.VectorObjective;
import org.peft4j.train.schedule.StandardSchedule;
import org.peft4j.transformers.Encoder;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.VectorPooling;

/** Losses of vectors train an encoder as the same formulas in PyTorch do. */
class VectorTrainingTest {
  private static final Path FOLDER = GoldenCase.FOLDER.resolve("vectors");
  private static final Path BASE = GoldenCase.FOLDER.resolve("bases/bert_features");
  private static final double TOLERANCE = 2e-5;

  private static JsonNode settings() {
    try {
      return JsonMapper.builder().build().readTree(FOLDER.resolve("vectors.json").toFile());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  static List<String> cases() {
    List<String> names = new ArrayList<>();
    settings().path("cases").fieldNames().forEachRemaining(names::add);
    return names;
  }

  private static VectorObjective objective(JsonNode json) {
    VectorLoss loss =
        switch (json.path("loss").asText()) {
          case "in-batch negatives" -> new InBatchNegatives(json.path("temperature").asDouble());
          case "triplets" ->
              new TripletLoss(
                  json.path("margin").asDouble(),
                  TripletLoss.Distance.valueOf(json.path("distance").asText()));
          default -> new CosineSimilarityLoss();
        };
    return new VectorObjective(loss, VectorPooling.valueOf(json.path("pooling").asText()));
  }

  private static VectorData data(String name, boolean scored) {
    int examples = settings().path("examples").asInt();
    int texts = settings().path("cases").path(name).path("texts").asInt();
    float[] scores =
        GoldenTensors.read(FOLDER.resolve(name + "/inputs.safetensors"))
            .get("scores")
            .toFloatVector();
    List<TokenSequence> all = sequences(FOLDER.resolve(name + "/inputs.safetensors"));
    List<RelatedTexts> related = new ArrayList<>();
    for (int i = 0; i < examples; i++) {
      int example = i;
      related.add(
          new RelatedTexts(
              IntStream.range(0, texts).mapToObj(t -> all.get(t * examples + example)).toList(),
              scored ? OptionalDouble.of(scores[i]) : OptionalDouble.empty()));
    }
    return VectorData.of(related, 0);
  }

  /** The rows of a file, as long as their masks say. */
  private static List<TokenSequence> sequences(Path file) {
    try (TensorSource source = TensorSource.open(file)) {
      int rows = source.tensor("input_ids").shape().get(0).intValue();
      int time = source.tensor("input_ids").shape().get(1).intValue();
      List<TokenSequence> sequences = new ArrayList<>();
      for (int row = 0; row < rows; row++) {
        int length = Arrays.stream(row(source, "attention_mask", row, time)).sum();
        int[] ids = Arrays.copyOf(row(source, "input_ids", row, time), length);
        int[] types = Arrays.copyOf(row(source, "token_type_ids", row, time), length);
        sequences.add(TokenSequence.text(ids).withTypes(types));
      }
      return sequences;
    }
  }

  private static int[] row(TensorSource source, String name, int row, int time) {
    long[] values = new long[time];
    source.readLongs(name, (long) row * time, values, 0, time);
    return Arrays.stream(values).mapToInt(Math::toIntExact).toArray();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void gradientsAndFiveStepsAreTheReferences(String name) {
    JsonNode json = settings().path("cases").path(name);
    VectorObjective objective = objective(json);
    VectorData data = data(name, json.path("loss").asText().equals("cosines"));
    GoldenTensors expected = GoldenTensors.read(FOLDER.resolve(name + "/expected.safetensors"));
    double[] losses = expected.get("losses_adamw").toDoubleVector();
    try (TransformerModel base = Transformers.loadEncoder(BASE);
        PeftModel<ComputationGraph> model =
            Peft.load(base.graph(), FOLDER.resolve(name + "/adapter"))) {
      int[] all = IntStream.range(0, data.size()).toArray();

      assertThat(objective.loss(model, data.batch(all)).value())
          .isCloseTo(losses[0], within(TOLERANCE * losses[0]));
      assertThat(objective.gradients(model, data.batch(all)).value())
          .isCloseTo(losses[0], within(TOLERANCE * losses[0]));
      model
          .adapter("default")
          .gradients()
          .forEach((key, found) -> expected.requireClose("grad." + key, found));

      List<Double> found = train(model, objective, data, losses.length);
      for (int i = 0; i < losses.length; i++) {
        assertThat(found.get(i)).as("loss %d", i).isCloseTo(losses[i], within(5e-5 * losses[0]));
      }
      model
          .adapter("default")
          .tensors()
          .forEach((key, tensor) -> expected.requireClose("after_adamw." + key, tensor));
    }
  }

  private static List<Double> train(
      PeftModel<ComputationGraph> model, VectorObjective objective, VectorData data, int steps) {
    Steps listener = new Steps();
    FineTuner.builder(model, objective)
        .data(data)
        .settings(
            FineTuningSettings.builder()
                .steps(steps)
                .batchSize(data.size())
                .learningRate(settings().path("learning_rate").asDouble())
                .schedule(StandardSchedule.CONSTANT)
                .maxGradNorm(0)
                .shuffle(false)
                .build())
        .listener(listener)
        .build()
        .run();
    return listener.losses();
  }

  /** In double precision, where the whole path is: graph, pooling and loss, with virtual tokens. */
  @ParameterizedTest
  @MethodSource("cases")
  void gradientsOfPromptsAreCentralDifferences(String name) {
    JsonNode json = settings().path("cases").path(name);
    VectorObjective objective = objective(json);
    VectorData data = data(name, json.path("loss").asText().equals("cosines"));
    int[] all = IntStream.range(0, data.size()).toArray();
    TransformerOptions options =
        TransformerOptions.defaults().withDataType(org.nd4j.linalg.api.buffer.DataType.DOUBLE);
    PromptTuningConfig prompt =
        PromptTuningConfig.builder().virtualTokens(3).taskType("FEATURE_EXTRACTION").build();
    try (Encoder base = Transformers.loadEncoder(BASE, options);
        PeftModel<ComputationGraph> model = Peft.wrap(base.graph(), prompt, 5)) {
      objective.gradients(model, data.batch(all));
      INDArray gradient = model.network().gradient().gradient().dup();
      INDArray parameters = model.network().params();
      double step = 1e-5;
      for (long i = 0; i < parameters.length(); i += 7) {
        double value = parameters.getDouble(i);
        parameters.putScalar(i, value + step);
        double above = objective.loss(model, data.batch(all)).value();
        parameters.putScalar(i, value - step);
        double below = objective.loss(model, data.batch(all)).value();
        parameters.putScalar(i, value);
        assertThat(gradient.getDouble(i))
            .as("parameter %d", i)
            .isCloseTo((above - below) / (2 * step), within(1e-6));
      }
      assertThat(gradient.norm2Number().doubleValue()).isGreaterThan(1e-3);
    }
  }

  @Test
  void aHeadGivesNoVectors() {
    VectorData data = data("pairs", false);
    LoraConfig lora = LoraConfig.builder().rank(2).targetModules("query").build();
    try (TransformerModel base =
            Transformers.open(
                GoldenCase.FOLDER.resolve("bases/bert_sequence"), TransformerOptions.defaults());
        PeftModel<ComputationGraph> model = Peft.wrap(base.graph(), lora, 1)) {
      VectorObjective objective = new VectorObjective(new InBatchNegatives(), VectorPooling.MEAN);

      assertThatThrownBy(() -> objective.loss(model, data.batch(0, 1)))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("has a head, classifier, and gives no vectors");
    }
  }
}
