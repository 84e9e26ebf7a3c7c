package org.peft4j.diffusion.training;

import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.peft4j.PeftModel;
import org.peft4j.train.objective.BatchLoss;
import org.peft4j.train.objective.Objective;

/**
 * The mean squared error of what a UNet predicts of pictures with noise, each times its weight.
 *
 * <pre>{@code
 * FineTuner.builder(unet.wrap(config), new NoisePrediction())
 *     .data(NoisyPictures.of(pictures, schedule, NoiseSettings.plain(1)))
 * }</pre>
 */
public final class NoisePrediction implements Objective<NoiseBatch> {
  @Override
  public BatchLoss gradients(PeftModel<ComputationGraph> model, NoiseBatch batch) {
    ComputationGraph graph = model.network();
    try {
      graph.setInputs(inputs(batch));
      graph.setLabels(batch.target());
      graph.setLayerMaskArrays(null, new INDArray[] {batch.weights()});
      graph.computeGradientAndScore();
      return BatchLoss.of(graph.score());
    } finally {
      graph.clear();
      graph.clearLayerMaskArrays();
    }
  }

  @Override
  public BatchLoss loss(PeftModel<ComputationGraph> model, NoiseBatch batch) {
    ComputationGraph graph = model.network();
    MultiDataSet data =
        new MultiDataSet(
            inputs(batch), new INDArray[] {batch.target()}, null, new INDArray[] {batch.weights()});
    try {
      return BatchLoss.of(graph.score(data, false));
    } finally {
      graph.clear();
      graph.clearLayerMaskArrays();
    }
  }

  private static INDArray[] inputs(NoiseBatch batch) {
    return new INDArray[] {batch.sample(), batch.steps(), batch.text()};
  }

  /** The number of pictures. */
  @Override
  public long predictions(NoiseBatch batch) {
    return batch.tokens();
  }
}
