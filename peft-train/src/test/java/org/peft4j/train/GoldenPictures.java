package org.peft4j.train;

import java.nio.file.Path;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.peft4j.PeftModel;
import org.peft4j.train.data.Batch;
import org.peft4j.train.data.Examples;
import org.peft4j.train.objective.BatchLoss;
import org.peft4j.train.objective.Objective;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.forward.ForwardInputs;

/** The one batch of a golden case that reads pictures, with or without texts, and its loss. */
final class GoldenPictures implements Examples<GoldenPictures>, Batch, Objective<GoldenPictures> {
  private final INDArray[] features;
  private final INDArray @Nullable [] masks;
  private final INDArray labels;

  GoldenPictures(Path file, ModelArchitecture model) {
    ForwardInputs inputs = ForwardInputs.read(file, model);
    features =
        inputs
            .pixels()
            .or(() -> inputs.decoder().map(ForwardInputs.DecoderInput::ids))
            .map(second -> new INDArray[] {inputs.input(), second})
            .orElseGet(() -> new INDArray[] {inputs.input()});
    masks =
        inputs
            .decoder()
            .flatMap(ForwardInputs.DecoderInput::mask)
            .map(mask -> new INDArray[] {null, mask})
            .or(() -> inputs.attentionMask().map(mask -> new INDArray[] {mask, null}))
            .orElse(null);
    labels = inputs.labels().orElseThrow();
  }

  @Override
  public int size() {
    return (int) labels.size(0);
  }

  @Override
  public GoldenPictures batch(int... rows) {
    return this;
  }

  @Override
  public long length(int row) {
    return 1;
  }

  @Override
  public long checksum() {
    return 1;
  }

  @Override
  public int tokens() {
    return size();
  }

  @Override
  public BatchLoss gradients(PeftModel<ComputationGraph> model, GoldenPictures batch) {
    ComputationGraph graph = model.network();
    graph.setInputs(features);
    graph.setLabels(labels);
    if (masks != null) {
      graph.setLayerMaskArrays(masks, null);
    }
    graph.computeGradientAndScore();
    return BatchLoss.of(graph.score());
  }

  @Override
  public BatchLoss loss(PeftModel<ComputationGraph> model, GoldenPictures batch) {
    MultiDataSet all = new MultiDataSet(features, new INDArray[] {labels}, masks, null);
    return BatchLoss.of(model.network().score(all, false));
  }

  @Override
  public long predictions(GoldenPictures batch) {
    return size();
  }
}
