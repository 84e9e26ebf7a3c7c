package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.config.PeftConfig;
import org.peft4j.prompt.prefix.PrefixTuningConfig;
import org.peft4j.prompt.tuning.PromptTuningConfig;

/**
 * Behind virtual tokens or a prefix, a row that is padded on the left gives what it gives alone, in
 * every family: logits, and the gradients of a batch are the mean of its rows'.
 */
class RowsAloneTest {
  private static final int VIRTUAL = 2;
  private static final int TIME = 6;

  /** The padding of the texts, and of a decoder's tokens. */
  private static final int[] PADDING = {2, 0, 3};

  private static final int[] DECODER_PADDING = {0, 3, 1};

  private static final Map<String, PeftConfig> METHODS =
      new TreeMap<>(
          Map.of(
              "prompt", PromptTuningConfig.builder().virtualTokens(VIRTUAL).build(),
              "prefix", PrefixTuningConfig.builder().virtualTokens(VIRTUAL).build()));

  /** Bases that differ from another only in how they are stored. */
  private static final List<String> ALIKE =
      List.of("_bf16", "_f16", "_sharded", "_hub", "_stored", "_own_head", "_padding", "_swish");

  /** Their windows are shorter than a prefix and a text. */
  private static final Set<String> WINDOWS =
      Set.of(
          "gemma2",
          "gemma2_classifier",
          "gemma3",
          "gpt_neo",
          "mistral_window",
          "qwen2_window",
          "qwen2_window_types",
          "qwen3_window",
          "smollm3",
          "starcoder2");

  /** Its frequencies depend on the length of the batch's longest row, as in transformers. */
  private static final String LONG = "phi3_long";

  /** Pictures have no padding; towers of CLIP have no place for virtual tokens. */
  private static final List<String> PICTURES = List.of("vit", "deit", "clip", "blip");

  /**
   * Their decoder reads the encoder's ids one position later, padding before a text too, as in
   * transformers.
   */
  private static final Pattern READS_ITS_ENCODERS_IDS =
      Pattern.compile("(bart|mbart|t5|mt5|umt5)_(sequence|answers)");

  static Stream<Arguments> cases() throws IOException {
    try (Stream<Path> bases = Files.list(Golden.base(""))) {
      return bases.map(base -> base.getFileName().toString()).sorted().toList().stream()
          .filter(base -> ALIKE.stream().noneMatch(base::endsWith) && !base.equals(LONG))
          .filter(base -> PICTURES.stream().noneMatch(base::startsWith))
          .filter(base -> !READS_ITS_ENCODERS_IDS.matcher(base).matches())
          .flatMap(base -> METHODS.keySet().stream().map(method -> Arguments.of(base, method)))
          .filter(each -> !each.get()[1].equals("prefix") || !WINDOWS.contains(each.get()[0]));
    }
  }

  /**
   * Some rows.
   *
   * @param inputs the graph's inputs, a decoder's last
   * @param masks their masks
   * @param positions whether the labels are positions of tokens
   */
  private record Rows(INDArray[] inputs, INDArray[] masks, INDArray labels, boolean positions) {
    /** One row, without its padding. */
    Rows alone(int row) {
      INDArray[] own = new INDArray[inputs.length];
      INDArray[] ownMasks = new INDArray[inputs.length];
      for (int i = 0; i < own.length; i++) {
        own[i] = from(inputs[i], row, start(i, row));
        ownMasks[i] = from(masks[i], row, start(i, row));
      }
      boolean ofTokens = labels.rank() == 2 && labels.size(1) == TIME;
      int start = start(own.length - 1, row);
      INDArray ownLabels = from(labels, row, ofTokens ? start : 0);
      return new Rows(own, ownMasks, positions ? ownLabels.sub(start) : ownLabels, positions);
    }

    int start(int input, int row) {
      int start = 0;
      while (masks[input].getInt(row, start) == 0) {
        start++;
      }
      return start;
    }

    private static INDArray from(INDArray array, int row, int start) {
      return array.get(interval(row, row + 1), interval(start, array.size(1))).dup('c');
    }

    INDArray logits(ComputationGraph graph) {
      return graph.output(false, inputs, masks)[0].dup('c');
    }

    /** Runs backward. */
    double loss(ComputationGraph graph) {
      graph.setInputs(inputs);
      graph.setLabels(labels);
      graph.setLayerMaskArrays(masks, null);
      graph.computeGradientAndScore();
      return graph.score();
    }
  }

  private static INDArray mask(int[] padding) {
    int[][] mask = new int[padding.length][TIME];
    for (int row = 0; row < mask.length; row++) {
      Arrays.fill(mask[row], padding[row], TIME, 1);
    }
    return Nd4j.createFromArray(mask);
  }

  private static INDArray ids(Random random, int[] padding) {
    int[][] ids = new int[padding.length][TIME];
    for (int row = 0; row < ids.length; row++) {
      for (int t = padding[row]; t < TIME; t++) {
        ids[row][t] = 3 + random.nextInt(35);
      }
    }
    return Nd4j.createFromArray(ids);
  }

  private static Rows rows(TransformerModel base) {
    Random random = new Random(11);
    INDArray ids = ids(random, PADDING);
    if (base instanceof Seq2SeqLanguageModel) {
      INDArray[] inputs = {ids, ids(random, DECODER_PADDING)};
      INDArray[] masks = {mask(PADDING), mask(DECODER_PADDING)};
      return new Rows(inputs, masks, labels(ids(random, DECODER_PADDING), DECODER_PADDING), false);
    }
    INDArray labels = labels(base, ids, random);
    INDArray[] masks = {mask(PADDING)};
    return new Rows(new INDArray[] {ids}, masks, labels, base instanceof QuestionAnswerer);
  }

  /** No label where there is padding. */
  private static INDArray labels(INDArray ids, int[] padding) {
    INDArray labels = ids.dup('c');
    for (int row = 0; row < padding.length; row++) {
      for (int t = 0; t < padding[row]; t++) {
        labels.putScalar(row, t, -100);
      }
    }
    return labels;
  }

  private static INDArray labels(TransformerModel base, INDArray ids, Random random) {
    if (base instanceof CausalLanguageModel) {
      return labels(ids, PADDING);
    }
    if (base instanceof TokenClassifier) {
      return labels(ids.sub(ids.div(2).castTo(ids.dataType()).mul(2)), PADDING);
    }
    if (base instanceof QuestionAnswerer) {
      return Nd4j.createFromArray(new int[][] {{2, 4}, {0, 5}, {4, 4}});
    }
    int labels = (int) base.graph().output(false, new INDArray[] {ids}, null)[0].size(1);
    return Nd4j.createFromArray(
        IntStream.range(0, PADDING.length)
            .mapToObj(row -> random.doubles(labels).map(Math::round).toArray())
            .map(row -> labels == 1 || labels > 3 ? row : oneHot(labels, random.nextInt(labels)))
            .toArray(double[][]::new));
  }

  private static double[] oneHot(int labels, int one) {
    double[] row = new double[labels];
    row[one] = 1;
    return row;
  }

  @ParameterizedTest(name = "{1} on {0}")
  @MethodSource("cases")
  void paddingOnTheLeftChangesNothing(String name, String method) {
    try (TransformerModel base = Golden.open(name);
        PeftModel<ComputationGraph> model =
            Peft.wrap(base.graph(), Objects.requireNonNull(METHODS.get(method)), 7)) {
      ComputationGraph graph = model.network();
      Rows batch = rows(base);
      INDArray logits = batch.logits(graph);
      for (int row = 0; row < PADDING.length; row++) {
        INDArray alone = batch.alone(row).logits(graph);
        INDArray own = logits.slice(row);
        if (alone.rank() == 3) {
          // A vector for each token; those of virtual tokens too, where there is no head.
          long count = Math.min(alone.size(1), own.size(0));
          own = lastRows(own, count);
          alone = lastRows(alone.slice(0), count);
        }
        assertThat(difference(own, alone.reshape(own.shape()))).as("row " + row).isLessThan(2e-5);
      }
      if (!(base instanceof Encoder)) {
        assertGradients(model, base, batch);
      }
    }
  }

  private static INDArray lastRows(INDArray matrix, long count) {
    return matrix.get(interval(matrix.size(0) - count, matrix.size(0))).dup('c');
  }

  private static void assertGradients(
      PeftModel<ComputationGraph> model, TransformerModel base, Rows batch) {
    ComputationGraph graph = model.network();
    double loss = batch.loss(graph);
    INDArray gradient = graph.getFlattenedGradients().dup();
    double sum = 0;
    INDArray sumOfGradients = gradient.mul(0);
    double all = 0;
    for (int row = 0; row < PADDING.length; row++) {
      Rows alone = batch.alone(row);
      double weight = predictions(base, model, alone);
      sum += weight * alone.loss(graph);
      sumOfGradients.addi(graph.getFlattenedGradients().mul(weight));
      all += weight;
    }
    assertThat(Math.abs(loss - sum / all)).as("loss").isLessThan(1e-5 * loss);
    assertThat(difference(gradient, sumOfGradients.div(all))).as("gradient").isLessThan(5e-5);
    assertThat(gradient.amaxNumber().doubleValue()).isPositive();
  }

  /** How many predictions the loss of a row is the mean of. */
  private static double predictions(
      TransformerModel base, PeftModel<ComputationGraph> model, Rows row) {
    boolean prefix = model.config("default") instanceof PrefixTuningConfig;
    if (base instanceof CausalLanguageModel) {
      return row.labels().length() - (prefix ? 1 : 0);
    }
    boolean ofTokens = base instanceof Seq2SeqLanguageModel || base instanceof TokenClassifier;
    return ofTokens ? row.labels().length() : 1;
  }

  private static double difference(INDArray a, INDArray b) {
    return a.sub(b).amaxNumber().doubleValue() / Math.max(1e-6, b.amaxNumber().doubleValue());
  }
}
