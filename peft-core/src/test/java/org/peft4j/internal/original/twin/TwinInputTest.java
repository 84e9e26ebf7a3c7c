package org.peft4j.internal.original.twin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.Stream;
import org.deeplearning4j.exception.DL4JInvalidInputException;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.layers.EmbeddingSequenceLayer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.testing.LayerCases;

/** Inputs that do not fit are refused with the layer, their shape or index, and what is allowed. */
class TwinInputTest {
  private static INDArray zeros(long... shape) {
    return Nd4j.zeros(shape);
  }

  static Stream<Arguments> refused() {
    return Stream.of(
        Arguments.of(
            "dense",
            zeros(4, 7),
            "The input of layer layer has shape [4, 7]; it must be a matrix of 8 columns."),
        Arguments.of(
            "dense",
            zeros(4, 8, 2),
            "The input of layer layer has shape [4, 8, 2]; it must be a matrix of 8 columns."),
        Arguments.of(
            "rnn output",
            zeros(4, 8),
            "The input of layer out has shape [4, 8]; it must be of rank 3: sequences of feature"
                + " vectors."),
        Arguments.of(
            "embedding",
            zeros(4, 2),
            "The input of embedding layer layer has shape [4, 2]; it must be one column of"
                + " indices."),
        Arguments.of(
            "embedding",
            Nd4j.createFromArray(new double[][] {{2}, {7}}),
            "Index 7 at position 1 of the input of embedding layer layer is not in 0 … 6."),
        Arguments.of(
            "embedding",
            Nd4j.createFromArray(new double[][] {{-1}}),
            "Index -1 at position 0 of the input of embedding layer layer is not in 0 … 6."),
        Arguments.of(
            "embedding sequence",
            zeros(4, 2, 4),
            "The input of embedding layer layer has shape [4, 2, 4]; it must be [batch, time] or"
                + " [batch, 1, time]."));
  }

  @ParameterizedTest(name = "{0}: {2}", autoCloseArguments = false)
  @MethodSource("refused")
  void whatDoesNotFitIsRefused(String sort, INDArray x, String message) {
    Layer twin = new LayerPair(LayerCases.named(sort)).twin(true);
    twin.setInput(x, LayerPair.NONE);
    assertThatThrownBy(() -> twin.activate(false, LayerPair.NONE))
        .isInstanceOf(DL4JInvalidInputException.class)
        .hasMessage(message);
  }

  @Test
  void sequencesHaveTheLengthThatTheConfigurationFixes() {
    Layer twin = new LayerPair(LayerCases.named("embedding sequence")).twin(true);
    var configuration = (EmbeddingSequenceLayer) twin.conf().getLayer();
    configuration.setInferInputLength(false);
    configuration.setInputLength(4);
    twin.setInput(zeros(4, 3), LayerPair.NONE);
    assertThatThrownBy(() -> twin.activate(false, LayerPair.NONE))
        .isInstanceOf(DL4JInvalidInputException.class)
        .hasMessage(
            "The input of embedding layer layer has shape [4, 3]; it must be sequences of 4"
                + " indices.");
  }

  @Test
  void sequencesOfIndicesMayHaveAChannel() {
    LayerPair pair = new LayerPair(LayerCases.named("embedding sequence"));
    Layer twin = pair.twin(true);
    INDArray expected = pair.activate(twin, false);
    twin.setInput(pair.x.reshape('c', 4, 1, 4), LayerPair.NONE);
    assertThat(twin.activate(false, LayerPair.NONE)).isEqualTo(expected);
  }
}
