package org.peft4j.internal.adapted;

import java.util.List;
import org.deeplearning4j.nn.api.TrainingConfig;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.regularization.Regularization;

/** The training settings of a vertex's adapters: those of the original vertex's weights. */
record AdaptedVertexTraining(AdaptedVertexConf conf) implements TrainingConfig {
  @Override
  public String getLayerName() {
    return conf.getVertexName();
  }

  @Override
  public List<Regularization> getRegularizationByParam(String parameter) {
    return conf.regularization(parameter);
  }

  @Override
  public boolean isPretrainParam(String parameter) {
    return false;
  }

  @Override
  public @Nullable IUpdater getUpdaterByParam(String parameter) {
    return conf.updater(parameter);
  }

  @Override
  public GradientNormalization getGradientNormalization() {
    return conf.gradientNormalization();
  }

  @Override
  public double getGradientNormalizationThreshold() {
    return conf.gradientNormalizationThreshold();
  }

  @Override
  public void setDataType(DataType type) {
    // The adapters are of the network's type already.
  }
}
