package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;

/** Vectors of texts. */
class EncoderTest {
  private static final Path MINILM =
      Path.of(System.getProperty("peft4j.data", "data")).resolve("models/all-minilm-l6-v2");
  private static final Path GOLDEN = Golden.folder("embeddings").resolve("minilm.safetensors");
  private static final INDArray IDS =
      Nd4j.createFromArray(new int[][] {{3, 4, 5, 0}, {6, 7, 8, 9}});
  private static final INDArray MASK =
      Nd4j.createFromArray(new int[][] {{1, 1, 1, 0}, {1, 1, 1, 1}});

  private static double difference(INDArray a, INDArray b) {
    return a.sub(b).amaxNumber().doubleValue();
  }

  /** The tokens are the reference's: all-MiniLM-L6-v2 is a file of 90 MB that tests may lack. */
  @Test
  void vectorsOfARealModelAreTheReferences() {
    assumeTrue(Files.isDirectory(MINILM), () -> "no model at " + MINILM + "; set peft4j.data");
    INDArray ids = Golden.integers(GOLDEN, "input_ids");
    INDArray mask = Golden.integers(GOLDEN, "attention_mask");
    try (Encoder encoder = Transformers.loadEncoder(MINILM)) {
      INDArray mean = VectorPooling.MEAN.normalised(encoder.hiddenStates(ids, mask), mask);
      assertThat(difference(mean, Golden.floats(GOLDEN, "mean"))).isLessThan(1e-6);
      INDArray first = VectorPooling.FIRST.of(encoder.hiddenStates(ids, mask), mask);
      assertThat(difference(first, Golden.floats(GOLDEN, "first"))).isLessThan(1e-5);
      INDArray last = VectorPooling.LAST.of(encoder.hiddenStates(ids, mask), mask);
      assertThat(difference(last, Golden.floats(GOLDEN, "last"))).isLessThan(1e-5);
      INDArray pooled =
          encoder.graph().output(false, new INDArray[] {ids}, new INDArray[] {mask})[1];
      assertThat(difference(pooled, Golden.floats(GOLDEN, "pooler_output"))).isLessThan(1e-5);
    }
  }

  /** The sentences of reference/embeddings.py, from text to vectors. */
  @Test
  void textsOfARealModelHaveTheReferencesVectors() {
    assumeTrue(Files.isDirectory(MINILM), () -> "no model at " + MINILM + "; set peft4j.data");
    List<String> sentences =
        List.of(
            "a masterpiece four years in the making.",
            "the plot is dull, and the acting is worse.",
            "Gold!");
    float[][] expected = Golden.floats(GOLDEN, "mean").toFloatMatrix();
    try (Encoder encoder = Encoder.load(MINILM)) {
      List<float[]> vectors = encoder.embed(sentences);
      for (int i = 0; i < expected.length; i++) {
        assertThat(vectors.get(i)).containsExactly(expected[i], within(1e-6f));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"FIRST, 0, 0", "LAST, 2, 3"})
  void aVectorIsThatOfOnePosition(VectorPooling pooling, int first, int second) {
    INDArray states = Nd4j.randn(2, 4, 3);

    INDArray vectors = pooling.of(states, MASK);

    assertThat(vectors.getRow(0)).isEqualTo(states.slice(0).getRow(first));
    assertThat(vectors.getRow(1)).isEqualTo(states.slice(1).getRow(second));
  }

  @Test
  void theFirstTokenIsBehindPaddingOnTheLeft() {
    INDArray states = Nd4j.randn(2, 4, 3);
    INDArray mask = Nd4j.createFromArray(new int[][] {{0, 0, 1, 1}, {1, 1, 1, 0}});

    INDArray vectors = VectorPooling.FIRST.of(states, mask);

    assertThat(vectors.getRow(0)).isEqualTo(states.slice(0).getRow(2));
    assertThat(vectors.getRow(1)).isEqualTo(states.slice(1).getRow(0));
  }

  @Test
  void theMeanLeavesPaddingOut() {
    INDArray states = Nd4j.arange(24).reshape(2, 4, 3);

    assertThat(VectorPooling.MEAN.of(states, MASK).toFloatMatrix())
        .isDeepEqualTo(new float[][] {{3, 4, 5}, {16.5f, 17.5f, 18.5f}});
    assertThat(VectorPooling.MEAN.normalised(states, MASK).norm2(1).toDoubleVector())
        .containsExactly(1, 1);
  }

  @Test
  void aCheckpointOfAnotherTaskIsAnEncoderWithoutItsHead() {
    try (Encoder plain = Transformers.loadEncoder(Golden.base("bert_features"));
        Encoder headless = Transformers.loadEncoder(Golden.base("bert_sequence"))) {
      assertThat(headless.sites()).isEqualTo(plain.sites());
      assertThat(headless.sites().get(0).name()).isEqualTo("embeddings.word_embeddings");
      assertThat(headless.hiddenStates(IDS, MASK).shape()).containsExactly(2, 4, 24);
    }
  }

  @Test
  void aDecoderIsNoEncoder() {
    assertThatThrownBy(() -> Transformers.loadEncoder(Golden.base("llama")))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("not supported for the task FEATURE_EXTRACTION");
  }

  @Test
  void typesOfTokensNeedAModelThatHasThem() {
    TransformerOptions options = TransformerOptions.defaults().withTokenTypes(true);

    assertThatThrownBy(() -> Transformers.open(Golden.base("distilbert_tokens"), options))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("distilbert have no token types");
  }
}
