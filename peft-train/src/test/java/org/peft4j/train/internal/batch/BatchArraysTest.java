package org.peft4j.train.internal.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.data.TokenSequence;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.Transformers;

class BatchArraysTest {
  private static final Path BASE =
      Path.of("../peft-transformers/src/test/resources/golden/bases/bert_sequence");
  private static final TokenSequence LONG =
      TokenSequence.classified(new int[] {7, 3, 9, 4}, 2).withTypes(new int[] {0, 0, 1, 1});
  private static final TokenSequence SHORT = TokenSequence.classified(new int[] {5, 6}, 1);

  private static TransformerModel model(boolean typed) {
    return Transformers.open(BASE, TransformerOptions.defaults().withTokenTypes(typed));
  }

  @Test
  void typesAreTheSecondInputWithTheSameMask() {
    try (TransformerModel model = model(true);
        BatchArrays arrays =
            new BatchArrays(model.graph(), TokenBatch.of(List.of(LONG, SHORT), 8))) {
      INDArray[] inputs = arrays.inputs();

      assertThat(inputs[0].toIntMatrix()).isDeepEqualTo(new int[][] {{7, 3, 9, 4}, {5, 6, 8, 8}});
      assertThat(inputs[1].toIntMatrix()).isDeepEqualTo(new int[][] {{0, 0, 1, 1}, {0, 0, 0, 0}});
      INDArray[] masks = Objects.requireNonNull(arrays.masks());
      assertThat(masks).hasSize(2);
      for (INDArray mask : masks) {
        assertThat(mask.toIntMatrix()).isDeepEqualTo(new int[][] {{1, 1, 1, 1}, {1, 1, 0, 0}});
      }
      assertThat(arrays.dataSet().getLabels(0).toIntMatrix()).isDeepEqualTo(new int[][] {{2}, {1}});
    }
  }

  @Test
  void withoutTypesTheirInputIsZero() {
    try (TransformerModel model = model(true);
        BatchArrays arrays = new BatchArrays(model.graph(), TokenBatch.of(List.of(SHORT), 0))) {
      assertThat(arrays.inputs()[1].toIntMatrix()).isDeepEqualTo(new int[][] {{0, 0}});
      assertThat(arrays.masks()).isNull();
    }
  }

  @Test
  void typesWithoutAnInputOfTheirOwnStandBelowTheIds() {
    try (TransformerModel model = model(false);
        BatchArrays arrays =
            new BatchArrays(model.graph(), TokenBatch.of(List.of(LONG, SHORT), 8))) {
      assertThat(arrays.inputs()).hasSize(1);
      assertThat(arrays.inputs()[0].slice(0).toIntMatrix())
          .isDeepEqualTo(new int[][] {{7, 3, 9, 4}, {0, 0, 1, 1}});
      assertThat(arrays.inputs()[0].slice(1).toIntMatrix())
          .isDeepEqualTo(new int[][] {{5, 6, 8, 8}, {0, 0, 0, 0}});
    }
  }

  @Test
  void textsWithoutLabelsHaveNoLoss() {
    TokenBatch texts = TokenBatch.of(List.of(TokenSequence.text(new int[] {4, 5})), 0);
    try (TransformerModel model = model(false);
        BatchArrays arrays = new BatchArrays(model.graph(), texts)) {
      assertThatThrownBy(arrays::dataSet)
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("have no labels, so there is no loss");
    }
  }
}
