package org.peft4j.transformers.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.deeplearning4j.nn.api.layers.RecurrentLayer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.transformers.CausalLanguageModel;
import org.peft4j.transformers.Golden;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.config.Precision;

/** Keys and values in half precision, against whole passes, whose keys are not rounded. */
class HalfCacheTest {
  private static final TransformerOptions BF16 =
      TransformerOptions.defaults().withPrecision(Precision.BF16);
  private static final int[] PROMPT = {27, 11, 27, 40, 6};
  private static final int[] NEXT = {9, 31, 4, 22, 17, 3, 8};

  @ParameterizedTest
  @ValueSource(strings = {"llama", "mistral", "qwen2", "gpt2"})
  void logitsOfStepsAreNearThoseOfAWholePass(String base) {
    try (CausalLanguageModel model = Transformers.load(Golden.base(base), BF16)) {
      int[] all = joined(PROMPT, NEXT);
      INDArray expected = model.graph().output(row(all))[0];
      double size = expected.amaxNumber().doubleValue();
      double largest = 0;
      model.graph().rnnClearPreviousState();
      model.graph().rnnTimeStep(row(PROMPT));
      for (int i = 0; i < NEXT.length; i++) {
        INDArray actual = model.graph().rnnTimeStep(row(NEXT[i]))[0];
        INDArray at = position(expected, PROMPT.length + i);
        INDArray last = position(actual, 0);
        largest = Math.max(largest, last.sub(at).amaxNumber().doubleValue() / size);
      }
      assertThat(largest).isBetween(1e-7, 1e-2);
      assertThat(cached(model)).isEqualTo(DataType.BFLOAT16);
      model.graph().rnnClearPreviousState();
    }
  }

  @Test
  void fullPrecisionKeepsIt() {
    try (CausalLanguageModel model = Transformers.load(Golden.base("llama"))) {
      model.graph().rnnTimeStep(row(PROMPT));
      assertThat(cached(model)).isEqualTo(DataType.FLOAT);
      model.graph().rnnClearPreviousState();
    }
  }

  /** Each token is the likeliest after a whole pass over all before it. */
  @Test
  void theTextIsThatOfWholePasses() {
    Path folder = Path.of(System.getProperty("peft4j.data", "data")).resolve("models/stories260k");
    assumeTrue(Files.isDirectory(folder), () -> "no model at " + folder + "; set peft4j.data");
    try (CausalLanguageModel model = Transformers.load(folder, BF16)) {
      int[] prompt = {1, 403, 407, 261, 378};
      GenerationConfig config =
          GenerationConfig.builder().maxNewTokens(60).eosTokenIds(List.of()).build();
      List<Integer> text =
          Generator.of(model).generate(List.of(prompt), config).rows().get(0).tokens();
      List<Integer> expected = new ArrayList<>();
      int[] read = prompt;
      for (int i = 0; i < text.size(); i++) {
        INDArray logits = model.graph().output(row(read))[0];
        int next = position(logits, read.length - 1).argMax().getInt(0);
        expected.add(next);
        read = joined(read, next);
      }
      assertThat(text).hasSize(60).isEqualTo(expected);
    }
  }

  private static DataType cached(CausalLanguageModel model) {
    RecurrentLayer block = (RecurrentLayer) model.graph().getLayer("block0");
    return Objects.requireNonNull(block.rnnGetPreviousState().get("keys")).dataType();
  }

  private static INDArray row(int... ids) {
    return Nd4j.createFromArray(new int[][] {ids});
  }

  private static int[] joined(int[] first, int... second) {
    int[] all = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, all, first.length, second.length);
    return all;
  }

  /** The logits of one position. */
  private static INDArray position(INDArray logits, int position) {
    return logits
        .get(NDArrayIndex.point(0), NDArrayIndex.point(position), NDArrayIndex.all())
        .dup();
  }
}
