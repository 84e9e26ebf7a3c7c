package org.peft4j.internal.wrapped;

import static org.assertj.core.api.Assertions.assertThat;

import org.deeplearning4j.nn.conf.constraint.MaxNormConstraint;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.conf.weightnoise.DropConnect;
import org.junit.jupiter.api.Test;

/** Settings that are rules for frozen parameters are named when a model is wrapped. */
class FrozenSettingsTest {
  @Test
  void constraintsWeightNoiseAndMovingCentresAreNamed() {
    assertThat(
            FrozenSettings.of(
                new DenseLayer.Builder()
                    .constrainWeights(new MaxNormConstraint(2, 1))
                    .weightNoise(new DropConnect(0.5))
                    .build()))
        .hasSize(2)
        .anyMatch(text -> text.startsWith("constraints [MaxNormConstraint"))
        .anyMatch(text -> text.startsWith("weight noise DropConnect"));
    assertThat(FrozenSettings.of(new CenterLossOutputLayer.Builder().build()))
        .containsExactly("the update of the centres");
    assertThat(
            FrozenSettings.of(
                new LastTimeStep(
                    new LSTM.Builder().constrainBias(new MaxNormConstraint(2, 1)).build())))
        .hasSize(1);
  }

  @Test
  void plainAndFrozenLayersHaveNothingToName() {
    assertThat(FrozenSettings.of(new DenseLayer.Builder().build())).isEmpty();
    assertThat(
            FrozenSettings.of(
                new FrozenLayer(
                    new DenseLayer.Builder()
                        .constrainWeights(new MaxNormConstraint(2, 1))
                        .build())))
        .isEmpty();
  }
}
