package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.deeplearning4j.datasets.iterator.utilty.ListDataSetIterator;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.internal.module.SiteLayer;
import org.peft4j.lora.LoraConfig;
import org.peft4j.prompt.prefix.PrefixTuningConfig;
import org.peft4j.prompt.tuning.PromptTuningConfig;
import org.peft4j.transformers.checkpoint.CheckpointWriter;
import org.peft4j.transformers.config.Labels;
import org.peft4j.transformers.config.Precision;
import org.peft4j.transformers.config.ProblemType;
import org.peft4j.transformers.config.TaskHead;

class SequenceClassifierTest {
  private static final double TOLERANCE = 1e-5;
  private static final INDArray IDS =
      Nd4j.createFromArray(new int[][] {{5, 9, 3, 12}, {7, 21, 0, 0}, {0, 30, 8, 17}});
  private static final INDArray MASK =
      Nd4j.createFromArray(new int[][] {{1, 1, 1, 1}, {1, 1, 0, 0}, {0, 1, 1, 1}});

  private static SequenceClassifier load(String base) {
    return Transformers.loadClassifier(Golden.base(base));
  }

  private static INDArray logits(ComputationGraph graph, INDArray ids, INDArray mask) {
    return graph.output(false, new INDArray[] {ids}, new INDArray[] {mask})[0].dup();
  }

  private static double difference(INDArray a, INDArray b) {
    return a.sub(b).amaxNumber().doubleValue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "mistral", "qwen2", "gpt2", "gpt2_hub"})
  void aLanguageModelGetsANewHeadFromTheSeed(String base, @TempDir Path folder) {
    Labels labels = Labels.of("no", "perhaps", "yes");
    TransformerOptions options = TransformerOptions.defaults().withSeed(7);
    INDArray expected;
    try (SequenceClassifier model =
            Transformers.loadClassifier(Golden.base(base), labels, options);
        SequenceClassifier same = Transformers.loadClassifier(Golden.base(base), labels, options);
        SequenceClassifier other = Transformers.loadClassifier(Golden.base(base), labels)) {
      expected = logits(model.graph(), IDS, MASK);
      assertThat(expected.shape()).containsExactly(3, 3);
      assertThat(logits(same.graph(), IDS, MASK)).isEqualTo(expected);
      assertThat(difference(logits(other.graph(), IDS, MASK), expected)).isGreaterThan(1e-3);
      assertThat(model.sites().get(model.sites().size() - 1).name()).isEqualTo("score");
      CheckpointWriter.of(model).write(folder.resolve("written"));
    }
    try (SequenceClassifier again = Transformers.loadClassifier(folder.resolve("written"))) {
      assertThat(again.labels()).isEqualTo(labels);
      assertThat(logits(again.graph(), IDS, MASK)).isEqualTo(expected);
    }
  }

  @Test
  void theNewHeadHasTheDeviationOfTheConfig() {
    try (SequenceClassifier model =
        Transformers.loadClassifier(Golden.base("llama"), Labels.count(400))) {
      INDArray weight =
          ((SiteLayer) model.graph().getLayer("score"))
              .frozen(model.sites().get(model.sites().size() - 1), "weight")
              .widened(DataType.FLOAT);
      assertThat(weight.stdNumber().doubleValue()).isCloseTo(0.02, within(0.001));
      assertThat(weight.meanNumber().doubleValue()).isCloseTo(0, within(0.001));
    }
  }

  @Test
  void aSequenceIsScoredAtItsLastToken() {
    try (SequenceClassifier model = load("gpt2_classifier")) {
      INDArray together = logits(model.graph(), IDS, MASK);
      INDArray alone = model.graph().output(Nd4j.createFromArray(new int[][] {{7, 21}}))[0];
      assertThat(difference(together.getRow(1, true), alone)).isLessThan(TOLERANCE);
    }
    try (SequenceClassifier model = load("llama_classifier")) {
      INDArray together = logits(model.graph(), IDS, MASK);
      // Rotary positions are relative, so padding on the left does not matter.
      INDArray left = model.graph().output(Nd4j.createFromArray(new int[][] {{30, 8, 17}}))[0];
      assertThat(difference(together.getRow(2, true), left)).isLessThan(TOLERANCE);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama_classifier", "gpt2_classifier"})
  void virtualTokensLeaveTheLastTokenWhereItIs(String base) {
    try (SequenceClassifier model = load(base);
        PeftModel<ComputationGraph> prompt =
            Peft.wrap(
                model.graph(),
                PromptTuningConfig.builder().virtualTokens(3).taskType("SEQ_CLS").build());
        PeftModel<ComputationGraph> prefix =
            Peft.wrap(
                model.graph(),
                PrefixTuningConfig.builder().virtualTokens(3).taskType("SEQ_CLS").build())) {
      for (PeftModel<ComputationGraph> wrapped : List.of(prompt, prefix)) {
        INDArray together = logits(wrapped.network(), IDS, MASK);
        INDArray alone = wrapped.network().output(Nd4j.createFromArray(new int[][] {{7, 21}}))[0];
        assertThat(difference(together.getRow(1, true), alone)).isLessThan(TOLERANCE);
      }
    }
  }

  @Test
  void labelsAreDistributionsOrNumbers() {
    try (SequenceClassifier model = load("llama_classifier")) {
      double numbers = score(model, Nd4j.createFromArray(new int[][] {{2}, {0}, {1}}));
      double oneHot =
          score(model, Nd4j.createFromArray(new float[][] {{0, 0, 1}, {1, 0, 0}, {0, 1, 0}}));
      double other =
          score(model, Nd4j.createFromArray(new float[][] {{0, 1, 0}, {1, 0, 0}, {0, 1, 0}}));
      double soft =
          score(model, Nd4j.createFromArray(new float[][] {{0, .5f, .5f}, {1, 0, 0}, {0, 1, 0}}));
      assertThat(oneHot).isEqualTo(numbers);
      assertThat(soft).isCloseTo((oneHot + other) / 2, within(1e-6));

      double first = score(model, Nd4j.createFromArray(new int[][] {{2}, {-100}, {-100}}));
      double second = score(model, Nd4j.createFromArray(new int[][] {{-100}, {0}, {-100}}));
      double rest =
          score(model, Nd4j.createFromArray(new float[][] {{0, 0, 1}, {1, 0, 0}, {0, 0, 0}}));
      assertThat(rest).isCloseTo((first + second) / 2, within(1e-6));
      INDArray each =
          model
              .graph()
              .scoreExamples(data(Nd4j.createFromArray(new int[][] {{2}, {0}, {1}})), false);
      assertThat(each.shape()).containsExactly(3, 1);
      assertThat(each.getDouble(0)).isCloseTo(first, within(1e-6));
      assertThat(each.getDouble(1)).isCloseTo(second, within(1e-6));
      assertThat(each.meanNumber().doubleValue()).isCloseTo(numbers, within(1e-6));
    }
  }

  private static MultiDataSet data(INDArray labels) {
    return new MultiDataSet(
        new INDArray[] {IDS}, new INDArray[] {labels}, new INDArray[] {MASK}, null);
  }

  private static double score(SequenceClassifier model, INDArray labels) {
    return model.graph().score(data(labels), false);
  }

  @Test
  void labelsOfOtherSortsAreRefused() {
    try (SequenceClassifier model = load("llama_classifier")) {
      assertRefused(
          model, Nd4j.createFromArray(new int[][] {{3}, {0}, {1}}), "Label 3 is not a class");
      assertRefused(
          model,
          Nd4j.createFromArray(new float[][] {{1, 1, 0}, {1, 0, 0}, {0, 1, 0}}),
          "each sequence has one class");
      assertRefused(model, IDS, "allowed for 3 sequences: [3, 3], one-hot or soft");
      assertRefused(
          model, Nd4j.createFromArray(new int[][] {{-100}, {-100}, {-100}}), "No sequence");
      INDArray numbers = Nd4j.createFromArray(new int[][] {{2}, {0}, {1}});
      MultiDataSet masked =
          new MultiDataSet(
              new INDArray[] {IDS},
              new INDArray[] {numbers},
              null,
              new INDArray[] {Nd4j.ones(3, 1)});
      assertThatThrownBy(() -> model.graph().score(masked, false))
          .hasMessageContaining("mask of labels");
      INDArray hidden =
          Nd4j.createFromArray(new int[][] {{1, 1, 1, 1}, {0, 0, 0, 0}, {1, 1, 1, 1}});
      assertThatThrownBy(() -> logits(model.graph(), IDS, hidden))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("Sequence 1 of the batch is all padding");
    }
  }

  private static void assertRefused(SequenceClassifier model, INDArray labels, String message) {
    assertThatThrownBy(() -> score(model, labels))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(message);
  }

  /** With Deeplearning4j's own training and evaluation. */
  @ParameterizedTest
  @ValueSource(strings = {"llama", "gpt2"})
  void fitAndEvaluateLearnWhichTokenIsThere(String base) {
    TransformerOptions options = TransformerOptions.defaults().withUpdater(new Adam(1e-2));
    DataSet examples = new DataSet(IDS, Nd4j.eye(3), MASK, null);
    ListDataSetIterator<DataSet> iterator = new ListDataSetIterator<>(List.of(examples), 3);
    try (SequenceClassifier model =
            Transformers.loadClassifier(Golden.base(base), Labels.count(3), options);
        PeftModel<ComputationGraph> peft =
            Peft.wrap(model.graph(), LoraConfig.builder().rank(2).taskType("SEQ_CLS").build(), 1)) {
      INDArray before = logits(model.graph(), IDS, MASK);
      peft.network().fit(iterator, 40);

      assertThat(peft.network().evaluate(iterator).accuracy()).isEqualTo(1);
      assertThat(peft.network().score(examples)).isLessThan(0.1);
      assertThat(logits(model.graph(), IDS, MASK)).isEqualTo(before);
    }
  }

  @Test
  void aCloneSharesTheWeights() {
    try (SequenceClassifier model = load("gpt2_classifier")) {
      INDArray expected = logits(model.graph(), IDS, MASK);
      assertThat(logits(model.graph().clone(), IDS, MASK)).isEqualTo(expected);
    }
  }

  @Test
  void inHalfPrecisionTheTrainedHeadIsSingle() {
    TransformerOptions half = TransformerOptions.defaults().withPrecision(Precision.BF16);
    try (SequenceClassifier single =
            Transformers.loadClassifier(Golden.base("llama_bf16"), Labels.count(2));
        SequenceClassifier model =
            Transformers.loadClassifier(Golden.base("llama_bf16"), Labels.count(2), half);
        PeftModel<ComputationGraph> peft =
            Peft.wrap(model.graph(), LoraConfig.builder().rank(2).taskType("SEQ_CLS").build(), 1)) {
      INDArray expected = logits(single.graph(), IDS, MASK);
      INDArray actual = logits(model.graph(), IDS, MASK);
      double largest = expected.amaxNumber().doubleValue();
      assertThat(difference(actual, expected) / largest).isLessThan(0.02);
      assertThat(peft.adapter("default").tensors().values())
          .allMatch(tensor -> tensor.dataType() == DataType.FLOAT);
    }
  }

  /** As Hugging Face PEFT does; it writes the list twice for prompts. */
  @ParameterizedTest
  @CsvSource({
    "llama_lora, base_model.model.",
    "gpt2_prefix, base_model.",
    "llama_prompt, base_model."
  })
  void theTaskAddsTheHead(String name, String root, @TempDir Path folder) throws IOException {
    Path adapter = Golden.folder("classification/" + name).resolve("adapter");
    String base = name.startsWith("gpt2") ? "gpt2_classifier" : "llama_classifier";
    try (SequenceClassifier model = load(base);
        PeftModel<ComputationGraph> peft = Peft.load(model.graph(), adapter)) {
      assertThat(peft.config("default").common().modulesToSave())
          .containsExactly("classifier", "score");
      assertThat(peft.adapter("default").tensors()).containsKey(root + "score.weight");
      peft.save(folder);
      JsonNode config = new JsonMapper().readTree(folder.resolve("adapter_config.json").toFile());
      assertThat(config.path("modules_to_save")).hasToString("[\"classifier\",\"score\"]");
      assertThat(config.path("task_type").asText()).isEqualTo("SEQ_CLS");
    }
  }

  @Test
  void theWrongKindOfModelIsRefused() {
    assertThatThrownBy(() -> Transformers.load(Golden.base("llama_classifier")))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("LlamaForSequenceClassification");
    assertThatThrownBy(() -> Transformers.loadClassifier(Golden.base("llama")))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("has no labels of sequences. Give labels");
    assertThatThrownBy(
            () -> Transformers.loadClassifier(Golden.base("llama_classifier"), Labels.count(2)))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("is a classifier of 3 labels; 2 are given");
    assertThatThrownBy(() -> Labels.of()).hasMessageContaining("one or more");
    assertThatThrownBy(
            () -> TaskHead.sequences(Labels.of("one"), ProblemType.SINGLE_LABEL_CLASSIFICATION))
        .hasMessageContaining("There is one label");
    assertThatThrownBy(() -> Labels.of("a", "a")).hasMessageContaining("a name twice");
  }

  /** The command line reads this too, where no Java class can be chosen. */
  @Test
  void aClassifierIsNoLanguageModel() {
    assertThatThrownBy(() -> Transformers.load(Golden.base("llama_classifier")))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("(LlamaForSequenceClassification) is not a language model, as")
        .hasMessageContaining("adapters of the task CAUSAL_LM need it. Give the folder of one.");
  }

  @Test
  void aClassifierHasItsOwnHead(@TempDir Path folder) throws IOException {
    Path config = Golden.base("llama_classifier").resolve("config.json");
    Files.copy(config, folder.resolve("config.json"));
    Files.copy(
        Golden.base("llama_biases").resolve("model.safetensors"),
        folder.resolve("model.safetensors"));
    assertThatThrownBy(() -> Transformers.loadClassifier(folder))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("missing score.weight [3, 32]");
  }
}
