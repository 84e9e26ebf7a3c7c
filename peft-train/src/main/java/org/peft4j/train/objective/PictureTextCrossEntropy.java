package org.peft4j.train.objective;

import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.PeftModel;
import org.peft4j.train.data.picture.PictureTextBatch;
import org.peft4j.train.internal.batch.AddedLoss;
import org.peft4j.train.internal.batch.PictureTextArrays;

/**
 * The loss that the head of a model of pictures and texts computes. Of captions (BLIP) it is the
 * cross-entropy of their tokens, smoothed as the model's config says. Of pairs (CLIP; Radford et
 * al., 2021) it is the contrastive loss, with the other pairs of the batch as negatives:
 *
 * <pre>L = ½·(mean of −log softmax(S[i])[i] + mean of −log softmax(Sᵀ[i])[i]),
 * S = exp(scale)·cos(text, picture)</pre>
 *
 * <p>Batches that gradient accumulation puts together each have their own negatives only.
 */
public final class PictureTextCrossEntropy implements Objective<PictureTextBatch> {
  @Override
  public BatchLoss gradients(PeftModel<ComputationGraph> model, PictureTextBatch batch) {
    ComputationGraph graph = model.network();
    try (PictureTextArrays arrays = new PictureTextArrays(graph, batch)) {
      arrays.setInGraph();
      graph.computeGradientAndScore();
      return BatchLoss.of(graph.score());
    }
  }

  @Override
  public BatchLoss loss(PeftModel<ComputationGraph> model, PictureTextBatch batch) {
    ComputationGraph graph = model.network();
    try (PictureTextArrays arrays = new PictureTextArrays(graph, batch)) {
      return BatchLoss.of(graph.score(arrays.dataSet(), false) - AddedLoss.of(graph));
    }
  }

  /** The number of predicted tokens, or of pairs. */
  @Override
  public long predictions(PictureTextBatch batch) {
    int labelled = batch.texts().labelled();
    return labelled > 0 ? labelled : batch.texts().rows();
  }
}
