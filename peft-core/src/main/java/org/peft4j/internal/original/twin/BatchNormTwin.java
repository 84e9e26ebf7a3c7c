package org.peft4j.internal.original.twin;

import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.normalization.BatchNormalization;
import org.deeplearning4j.nn.params.BatchNormalizationParamInitializer;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Broadcast;
import org.nd4j.linalg.ops.transforms.Transforms;
import org.peft4j.internal.graft.SiteGrafts;

/**
 * Deeplearning4j's batch normalisation with its running statistics in training, too: a frozen
 * layer's function is the one that is deployed, {@code y = γ·(x − μ)/√(σ² + ε) + β} with constant μ
 * and σ², so {@code ∂L/∂x = γ/√(σ² + ε)·∂L/∂y}.
 */
public final class BatchNormTwin extends BatchNormalization {
  private static final String GAMMA = BatchNormalizationParamInitializer.GAMMA;
  private static final String BETA = BatchNormalizationParamInitializer.BETA;

  private final transient SiteGrafts site;

  public BatchNormTwin(NeuralNetConfiguration conf, DataType type, SiteGrafts site) {
    super(conf, type);
    this.site = site;
  }

  @Override
  public @Nullable INDArray getParam(String name) {
    return site.optionalParameter(name, super.getParam(name));
  }

  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
    return super.activate(false, workspaces);
  }

  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
    assertInputSet(true);
    int channel = channelAxis(epsilon);
    INDArray inverseStd = Transforms.pow(variance().add(layerConf().getEps()), -0.5);
    affineGradients(epsilon, inverseStd, channel);
    INDArray gamma = getParam(GAMMA);
    INDArray factor =
        gamma == null ? inverseStd.mul(layerConf().getGamma()) : inverseStd.mul(vector(gamma));
    INDArray dx = workspaces.dup(ArrayType.ACTIVATION_GRAD, epsilon, epsilon.ordering());
    return new Pair<>(new DefaultGradient(), Broadcast.mul(dx, factor, dx, channel));
  }

  private void affineGradients(INDArray epsilon, INDArray inverseStd, int channel) {
    int[] others = others(epsilon.rank(), channel);
    INDArray beta = site.gradient(BETA);
    if (beta != null) {
      beta.assign(epsilon.sum(others).reshape(beta.shape()));
    }
    INDArray gamma = site.gradient(GAMMA);
    if (gamma != null) {
      INDArray normalised = input.castTo(dataType).dup('c');
      INDArray mean = vector(super.getParam(BatchNormalizationParamInitializer.GLOBAL_MEAN));
      Broadcast.sub(normalised, mean, normalised, channel);
      Broadcast.mul(normalised, inverseStd, normalised, channel);
      gamma.assign(normalised.muli(epsilon).sum(others).reshape(gamma.shape()));
    }
  }

  private INDArray variance() {
    if (layerConf().isUseLogStd()) {
      INDArray log10 = super.getParam(BatchNormalizationParamInitializer.GLOBAL_LOG_STD);
      return Transforms.exp(vector(log10).mul(2 * Math.log(10)));
    }
    return vector(super.getParam(BatchNormalizationParamInitializer.GLOBAL_VAR));
  }

  private int channelAxis(INDArray array) {
    return array.rank() == 4 && layerConf().getCnn2DFormat() == CNN2DFormat.NHWC ? 3 : 1;
  }

  private static int[] others(int rank, int channel) {
    return java.util.stream.IntStream.range(0, rank).filter(axis -> axis != channel).toArray();
  }

  private static INDArray vector(INDArray array) {
    return array.reshape(array.length());
  }
}
