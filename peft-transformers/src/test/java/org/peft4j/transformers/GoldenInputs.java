package org.peft4j.transformers;

import java.nio.file.Path;
import java.util.List;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.safetensors.TensorSource;

/**
 * The batch of a golden case.
 *
 * @param features the inputs of the graph: one, or two of an encoder-decoder
 * @param masks their masks
 */
public record GoldenInputs(List<INDArray> features, List<INDArray> masks, INDArray labels) {
  private static final String DECODER = "decoder_input_ids";

  /** Reads {@code inputs.safetensors} of a case. */
  public static GoldenInputs of(String caseName) {
    Path file = Golden.folder(caseName).resolve("inputs.safetensors");
    boolean two;
    try (TensorSource source = TensorSource.open(file)) {
      two = source.tensors().containsKey(DECODER);
    }
    INDArray ids = Golden.integers(file, "input_ids");
    INDArray mask = Golden.integers(file, "attention_mask");
    INDArray labels = Golden.integers(file, "labels");
    return two
        ? new GoldenInputs(
            List.of(ids, Golden.integers(file, DECODER)),
            List.of(mask, Golden.integers(file, "decoder_attention_mask")),
            labels)
        : new GoldenInputs(List.of(ids), List.of(mask), labels);
  }

  /** The output of a graph for this batch. */
  public INDArray output(ComputationGraph graph) {
    return graph.output(false, featureArray(), maskArray())[0];
  }

  /** Prepares a graph for a step with this batch. */
  public void set(ComputationGraph graph) {
    graph.setInputs(featureArray());
    graph.setLabels(labels);
    graph.setLayerMaskArrays(maskArray(), null);
  }

  public INDArray[] featureArray() {
    return features.toArray(INDArray[]::new);
  }

  public INDArray[] maskArray() {
    return masks.toArray(INDArray[]::new);
  }

  /** The mask of the positions that the logits belong to. */
  public INDArray shown() {
    return masks.get(masks.size() - 1);
  }
}
