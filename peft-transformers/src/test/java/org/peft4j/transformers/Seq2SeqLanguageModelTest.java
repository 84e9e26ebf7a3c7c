package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.bottleneck.BottleneckConfig;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraConfig;
import org.peft4j.prompt.prefix.PrefixTuningConfig;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.site.Site;
import org.peft4j.transformers.checkpoint.CheckpointWriter;
import org.peft4j.transformers.internal.batch.EncoderSteps;
import org.peft4j.transformers.plan.TrainingBatch;

/** Encoder-decoders as graphs of Deeplearning4j. */
class Seq2SeqLanguageModelTest {
  private static final GoldenInputs RIGHT = GoldenInputs.of("seq2seq/t5");
  private static final GoldenInputs LEFT = GoldenInputs.of("seq2seq/t5_all_linear");

  private static Seq2SeqLanguageModel open(String base, TransformerOptions options) {
    return Transformers.loadSeq2Seq(Golden.base(base), options);
  }

  private static Seq2SeqLanguageModel t5() {
    return open("t5", TransformerOptions.defaults());
  }

  @Test
  void fitTakesBothInputsTheirMasksAndLabels() {
    try (Seq2SeqLanguageModel base = t5();
        PeftModel<ComputationGraph> model =
            Peft.wrap(base.graph(), LoraConfig.builder().targetModules("q", "v").build())) {
      MultiDataSet data =
          new MultiDataSet(
              RIGHT.featureArray(), new INDArray[] {RIGHT.labels()}, RIGHT.maskArray(), null);
      double before = model.network().score(data, false);
      for (int step = 0; step < 20; step++) {
        model.network().fit(data);
      }

      assertThat(model.network().score(data, false)).isLessThan(before);
    }
  }

  @Test
  void theDecodersInputAreTheLabelsOnePositionLater() {
    INDArray labels = Nd4j.createFromArray(new int[][] {{5, -100, 7, 2}, {8, 9, 2, -100}});
    try (Seq2SeqLanguageModel model = t5()) {
      assertThat(model.decoderInputIds(labels))
          .isEqualTo(Nd4j.createFromArray(new int[][] {{0, 5, 0, 7}, {0, 8, 9, 2}}));
    }
  }

  /** Encodes once, then decodes a token at a time: the logits of the whole texts. */
  @ParameterizedTest
  @ValueSource(strings = {"t5", "umt5", "mt5"})
  void stepsGiveTheLogitsOfWholeTexts(String base) {
    INDArray ids = LEFT.features().get(0);
    INDArray mask = LEFT.masks().get(0);
    INDArray decoderIds = GoldenInputs.of("seq2seq/t5_decoder").features().get(1);
    INDArray nothing = Nd4j.zeros(DataType.INT32, ids.size(0), 1);
    try (Seq2SeqLanguageModel model = open(base, TransformerOptions.defaults())) {
      ComputationGraph graph = model.graph();
      INDArray whole =
          graph.output(false, new INDArray[] {ids, decoderIds}, new INDArray[] {mask, null})[0]
              .dup();

      EncoderSteps.begin(graph, mask);
      for (int t = 0; t < decoderIds.size(1); t++) {
        INDArray next = decoderIds.get(all(), interval(t, t + 1)).dup();
        INDArray step = graph.rnnTimeStep(t == 0 ? ids : nothing, next)[0];
        INDArray expected = whole.get(all(), interval(t, t + 1), all());

        assertThat(step.sub(expected).amaxNumber().doubleValue())
            .isLessThan(1e-5 * whole.amaxNumber().doubleValue());
      }
    }
  }

  @Test
  void aNewTextIsEncodedAfterTheStateIsCleared() {
    INDArray ids = RIGHT.features().get(0);
    INDArray start = Nd4j.zeros(DataType.INT32, ids.size(0), 1);
    try (Seq2SeqLanguageModel model = t5()) {
      INDArray first = model.graph().rnnTimeStep(ids, start)[0].dup();
      model.graph().rnnClearPreviousState();
      INDArray other = model.graph().rnnTimeStep(ids.rsub(55), start)[0].dup();
      model.graph().rnnClearPreviousState();
      INDArray again = model.graph().rnnTimeStep(ids, start)[0].dup();

      assertThat(again).isEqualTo(first);
      assertThat(other).isNotEqualTo(first);
    }
  }

  /** Keys and values before those of every attention: of both stacks, and between them. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void gradientsOfPrefixesAreThoseOfCentralDifferences(boolean checkpointing) {
    gradientsAreThoseOfCentralDifferences(
        PrefixTuningConfig.builder().virtualTokens(2).build(),
        TransformerOptions.defaults().withGradientCheckpointing(checkpointing));
  }

  /** After every sub-layer of both stacks, the attention between them included. */
  @Test
  void gradientsOfBottlenecksAreThoseOfCentralDifferences() {
    BottleneckConfig config = BottleneckConfig.houlsby().reductionFactor(6).build();
    try (Seq2SeqLanguageModel base = t5();
        PeftModel<ComputationGraph> model = Peft.wrap(base.graph(), config)) {
      assertThat(model.adaptedSites())
          .extracting(Site::name)
          .anyMatch(name -> name.startsWith("decoder.block.1.layer.1"))
          .anyMatch(name -> name.startsWith("encoder.block.1.layer.1"))
          .hasSize(2 * 2 + 2 * 3);
    }
    gradientsAreThoseOfCentralDifferences(config, TransformerOptions.defaults());
  }

  /**
   * Six attentions of T5 have keys of 4 heads of 7. Hugging Face PEFT's two layers of 24 count 480.
   */
  @ParameterizedTest
  @CsvSource({"t5, 6, 1680", "bart, 6, 1440", "bart, 2, 480", "mbart, 2, 480"})
  void aPrefixHasARowOfEveryAttentionOrThatOfPeft(String base, int layers, long count) {
    PrefixTuningConfig config =
        PrefixTuningConfig.builder().virtualTokens(5).layers(layers).build();
    try (Seq2SeqLanguageModel model = open(base, TransformerOptions.defaults());
        PeftModel<ComputationGraph> wrapped = Peft.wrap(model.graph(), config, 1)) {
      assertThat(wrapped.trainableParameters().trainable()).isEqualTo(count);
      assertThat(model.plan(config, new TrainingBatch(1, 8)).adapter().parameters().trainable())
          .isEqualTo(count);
    }
  }

  @Test
  void gradientsOfASmoothedLossAreThoseOfCentralDifferences() {
    gradientsAreThoseOfCentralDifferences(
        LoraConfig.builder().rank(2).targetModules("q").build(),
        TransformerOptions.defaults().withLabelSmoothing(0.2));
  }

  /** (1 − ε)·(−log p(label)) + ε·(the mean of −log p), the mean over all labels. */
  @Test
  void labelsAreSmoothedByTheFormula() {
    double smoothing = 0.2;
    TransformerOptions options =
        TransformerOptions.defaults().withDataType(DataType.DOUBLE).withLabelSmoothing(smoothing);
    try (Seq2SeqLanguageModel model = open("t5", options)) {
      INDArray logits = RIGHT.output(model.graph());
      double sum = 0;
      int count = 0;
      for (int row = 0; row < RIGHT.labels().size(0); row++) {
        for (int t = 0; t < RIGHT.labels().size(1); t++) {
          int label = RIGHT.labels().getInt(row, t);
          if (label >= 0) {
            double[] z = logits.get(point(row), point(t), all()).toDoubleVector();
            double all = Math.log(Arrays.stream(z).map(Math::exp).sum());
            double mean = all - Arrays.stream(z).average().orElseThrow();
            sum += (1 - smoothing) * (all - z[label]) + smoothing * mean;
            count++;
          }
        }
      }
      MultiDataSet data =
          new MultiDataSet(
              RIGHT.featureArray(), new INDArray[] {RIGHT.labels()}, RIGHT.maskArray(), null);

      assertThat(model.graph().score(data, false)).isCloseTo(sum / count, within(1e-9));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "encoder\\..*\\.(q|wi)",
        "decoder\\.block\\.1\\..*\\.(q|k|v|o|wi|wo)",
        "decoder\\.block\\.0\\..*\\.EncDecAttention\\.v",
        ".*embed_tokens"
      })
  void gradientsOfOneSideAreThoseOfCentralDifferences(String targets) {
    gradientsAreThoseOfCentralDifferences(
        LoraConfig.builder().rank(2).targetRegex(targets).build(), TransformerOptions.defaults());
  }

  private static void gradientsAreThoseOfCentralDifferences(
      PeftConfig config, TransformerOptions options) {
    try (Seq2SeqLanguageModel base = open("t5", options.withDataType(DataType.DOUBLE));
        PeftModel<ComputationGraph> model = Peft.wrap(base.graph(), config)) {
      ComputationGraph graph = model.network();
      INDArray parameters = graph.params();
      // Where none of T5's rectifiers is at its edge.
      Nd4j.getRandom().setSeed(5);
      parameters.assign(Nd4j.randn(DataType.DOUBLE, parameters.shape()).mul(0.3));
      LEFT.set(graph);
      graph.computeGradientAndScore();
      INDArray gradient = graph.gradient().gradient().dup();
      double largest = gradient.amaxNumber().doubleValue();
      MultiDataSet data =
          new MultiDataSet(
              LEFT.featureArray(), new INDArray[] {LEFT.labels()}, LEFT.maskArray(), null);
      long every = Math.max(1, parameters.length() / 24);
      for (long i = 0; i < parameters.length(); i += every) {
        double value = parameters.getDouble(i);
        parameters.putScalar(i, value + 1e-5);
        double above = graph.score(data, false);
        parameters.putScalar(i, value - 1e-5);
        double below = graph.score(data, false);
        parameters.putScalar(i, value);

        assertThat(gradient.getDouble(i))
            .as("parameter " + i)
            .isCloseTo((above - below) / 2e-5, within(1e-6 * largest));
      }
    }
  }

  @Test
  void severalAdaptersOfOtherSidesActTogether() {
    PeftConfig encoder = LoraConfig.builder().rank(2).targetRegex("encoder\\..*\\.q").build();
    PeftConfig decoder = LoraConfig.builder().rank(2).targetRegex("decoder\\..*\\.v").build();
    try (Seq2SeqLanguageModel base = t5();
        PeftModel<ComputationGraph> model = Peft.wrap(base.graph(), encoder)) {
      INDArray plain = RIGHT.output(base.graph()).dup();
      model.addAdapter("second", decoder);
      model.setActive(List.of(Peft.DEFAULT_ADAPTER, "second"));
      randomise(model);
      INDArray both = RIGHT.output(model.network()).dup();
      model.setActive(List.of("second"));
      INDArray one = RIGHT.output(model.network()).dup();

      assertThat(both).isNotEqualTo(one);
      assertThat(one).isNotEqualTo(plain);
      try (var off = model.adaptersDisabled()) {
        assertThat(RIGHT.output(model.network())).isEqualTo(plain);
      }
    }
  }

  private static void randomise(PeftModel<ComputationGraph> model) {
    INDArray parameters = model.network().params();
    parameters.assign(Nd4j.randn(parameters.dataType(), parameters.shape()).mul(0.3));
  }

  @ParameterizedTest
  @ValueSource(strings = {"t5", "t5_gated", "mt5", "umt5", "t5_bf16"})
  void aCheckpointHasOnlyWhatTheReferenceWrites(String name, @TempDir Path folder) {
    Path written = folder.resolve("written");
    try (Seq2SeqLanguageModel model = open(name, TransformerOptions.defaults())) {
      CheckpointWriter.of(model).write(written);
      try (Seq2SeqLanguageModel again = Transformers.loadSeq2Seq(written)) {
        assertThat(RIGHT.output(again.graph())).isEqualTo(RIGHT.output(model.graph()));
      }
    }
    assertThat(keys(written)).isEqualTo(keys(Golden.base(name)));
  }

  private static Set<String> keys(Path folder) {
    try (TensorSource source = TensorSource.open(folder)) {
      return Set.copyOf(source.tensors().keySet());
    }
  }

  /** Merging into one stack's embedding writes a table for each user of the shared one. */
  @Test
  void aSharedTableIsWrittenApartWhereAnAdapterChangesOneUser(@TempDir Path folder) {
    PeftConfig config = LoraConfig.builder().targetModules("encoder.embed_tokens").build();
    Path written = folder.resolve("written");
    try (Seq2SeqLanguageModel base = t5();
        PeftModel<ComputationGraph> model = Peft.wrap(base.graph(), config)) {
      randomise(model);
      CheckpointWriter.of(base).merging(model).write(written);
      INDArray expected = RIGHT.output(model.network());
      try (Seq2SeqLanguageModel again = Transformers.loadSeq2Seq(written)) {
        INDArray actual = RIGHT.output(again.graph());

        assertThat(Golden.logitsError(actual, expected, RIGHT.shown())).isLessThan(1e-5);
      }
    }
  }

  @Test
  void eachClassLoadsItsOwnModels() {
    assertThatThrownBy(() -> Transformers.load(Golden.base("t5")))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(
            "(T5ForConditionalGeneration) is an encoder-decoder, which takes adapters")
        .hasMessageContaining("Transformers.loadSeq2Seq");
    assertThatThrownBy(() -> Transformers.loadSeq2Seq(Golden.base("llama")))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("has no encoder");
    try (TransformerModel model = Golden.open("t5")) {
      assertThat(model).isInstanceOf(Seq2SeqLanguageModel.class);
    }
  }
}
