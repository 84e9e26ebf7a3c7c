package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraConfig;
import org.peft4j.prompt.prefix.PrefixTuningConfig;
import org.peft4j.prompt.tuning.PromptTuningConfig;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.data.TokenSequence;
import org.peft4j.train.data.TrainingData;
import org.peft4j.train.objective.CrossEntropy;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.Transformers;

/** A packed batch gives the loss and the gradients of its documents, run one by one. */
class PackingTest {
  private static final CrossEntropy LOSS = new CrossEntropy();
  private static final int VOCABULARY = 50;

  /** Their frequencies follow the longest document of a batch, as those of transformers do. */
  private static final Set<String> BY_LONGEST = Set.of("phi3_long");

  /** Every base of the golden files that predicts the next token. */
  static List<String> bases() {
    try (Stream<Path> folders = Files.list(GoldenCase.FOLDER.resolve("bases"))) {
      return folders
          .filter(PackingTest::predictsNextTokens)
          .map(folder -> folder.getFileName().toString())
          .filter(name -> !BY_LONGEST.contains(name))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean predictsNextTokens(Path folder) {
    try {
      String config = Files.readString(folder.resolve("config.json"));
      return config.contains("ForCausalLM") || config.contains("LMHeadModel");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Documents of different lengths; the labels of the first tokens of some are ignored. */
  private static TrainingData documents(int... lengths) {
    Random random = new Random(7);
    List<TokenSequence> all = new ArrayList<>();
    for (int length : lengths) {
      int[] ids = random.ints(length, 3, VOCABULARY).toArray();
      int[] labels = ids.clone();
      Arrays.fill(labels, 0, length % 2, TokenSequence.IGNORED);
      all.add(TokenSequence.of(ids, labels));
    }
    return TrainingData.of(all, 0);
  }

  private record Result(double loss, INDArray gradient) {}

  private static Result of(PeftModel<ComputationGraph> model, TokenBatch batch) {
    double loss = LOSS.gradients(model, batch).value();
    return new Result(loss, model.network().gradient().gradient().dup());
  }

  private static Result oneByOne(PeftModel<ComputationGraph> model, TrainingData documents) {
    INDArray gradient = Nd4j.zerosLike(model.network().params());
    double loss = 0;
    for (int i = 0; i < documents.size(); i++) {
      TokenBatch one = documents.batch(i);
      double share = (double) one.labelled() / documents.labelled();
      Result result = of(model, one);
      loss += share * result.loss();
      gradient.addi(result.gradient().muli(share));
    }
    return new Result(loss, gradient);
  }

  private static void requireEqual(Result packed, Result apart) {
    double scale = apart.gradient().amaxNumber().doubleValue();
    assertThat(scale).isPositive();
    assertThat(packed.loss()).isCloseTo(apart.loss(), within(1e-5 * apart.loss()));
    assertThat(packed.gradient().sub(apart.gradient()).amaxNumber().doubleValue() / scale)
        .isLessThan(2e-5);
  }

  private static void compare(String base, PeftConfig config, boolean checkpointing) {
    TrainingData documents = documents(5, 3, 7, 4, 2, 6);
    TransformerOptions options =
        TransformerOptions.defaults().withGradientCheckpointing(checkpointing);
    try (TransformerModel loaded =
            Transformers.open(GoldenCase.FOLDER.resolve("bases").resolve(base), options);
        PeftModel<ComputationGraph> model = Peft.wrap(loaded.graph(), config, 5)) {
      model.network().params().addi(Nd4j.rand(model.network().params().shape()).muli(0.1));
      Result apart = oneByOne(model, documents);
      TrainingData packed = documents.packed(11);
      assertThat(packed.size()).isEqualTo(3);
      TrainingData free = documents.paddingFree();
      assertThat(free.batch(0, 1, 2, 3, 4, 5).rows()).isOne();

      requireEqual(of(model, packed.batch(0, 1, 2)), apart);
      requireEqual(of(model, free.batch(0, 1, 2, 3, 4, 5)), apart);
      assertThat(LOSS.loss(model, packed.batch(2, 0, 1)).value())
          .isCloseTo(apart.loss(), within(1e-5 * apart.loss()));
    }
  }

  private static LoraConfig lora() {
    return LoraConfig.builder().rank(2).targetAllLinear().build();
  }

  @ParameterizedTest
  @MethodSource("bases")
  void lossAndGradientsAreThoseOfTheDocumentsAlone(String base) {
    compare(base, lora(), false);
  }

  @Test
  void withRecomputedBlocks() {
    compare("llama", lora(), true);
  }

  @Test
  void withAPrefix() {
    compare("llama", PrefixTuningConfig.builder().virtualTokens(3).build(), false);
  }

  @Test
  void virtualTokensAreRefused() {
    PromptTuningConfig prompt = PromptTuningConfig.builder().virtualTokens(3).build();
    assertThatThrownBy(() -> compare("llama", prompt, false))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("Virtual tokens precede each row once")
        .hasMessageContaining("Do not pack the data");
  }
}
