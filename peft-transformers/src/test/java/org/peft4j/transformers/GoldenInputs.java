package org.peft4j.transformers;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.safetensors.DType;
import org.peft4j.safetensors.TensorSource;

/**
 * The batch of a golden case.
 *
 * @param features the inputs of the graph: one, or two of an encoder-decoder or with types
 * @param masks their masks; none of pictures
 * @param typed whether the second input is the types of tokens
 */
public record GoldenInputs(
    List<INDArray> features, List<@Nullable INDArray> masks, INDArray labels, boolean typed) {
  private static final String PIXELS = "pixel_values";
  private static final String DECODER = "decoder_input_ids";
  private static final String TYPES = "token_type_ids";
  private static final String FIRST = "start_positions";

  /** Reads {@code inputs.safetensors} of a case. */
  public static GoldenInputs of(String caseName) {
    Path file = Golden.folder(caseName).resolve("inputs.safetensors");
    if (Golden.has(file, PIXELS) && Golden.has(file, "labels") && Golden.has(file, "input_ids")) {
      return new GoldenInputs( // Captions.
          List.of(Golden.floats(file, PIXELS), Golden.integers(file, "input_ids")),
          Arrays.asList(null, Golden.integers(file, "attention_mask")),
          Golden.integers(file, "labels"),
          false);
    }
    if (Golden.has(file, PIXELS) && Golden.has(file, "input_ids")) { // Pairs, by their numbers.
      INDArray texts = Golden.integers(file, "input_ids");
      return new GoldenInputs(
          List.of(texts, Golden.floats(file, PIXELS)),
          Arrays.asList(Golden.integers(file, "attention_mask"), null),
          Nd4j.arange(texts.size(0)).castTo(DataType.INT).reshape(texts.size(0), 1),
          false);
    }
    if (Golden.has(file, PIXELS)) {
      return new GoldenInputs(List.of(Golden.floats(file, PIXELS)), List.of(), labels(file), false);
    }
    INDArray ids = Golden.integers(file, "input_ids");
    INDArray mask = Golden.integers(file, "attention_mask");
    if (Golden.has(file, DECODER)) {
      return new GoldenInputs(
          List.of(ids, Golden.integers(file, DECODER)),
          List.of(mask, Golden.integers(file, "decoder_attention_mask")),
          labels(file),
          false);
    }
    return Golden.has(file, TYPES)
        ? new GoldenInputs(
            List.of(ids, Golden.integers(file, TYPES)), List.of(mask, mask), labels(file), true)
        : new GoldenInputs(List.of(ids), List.of(mask), labels(file), false);
  }

  private static INDArray labels(Path file) {
    if (Golden.has(file, FIRST)) {
      return Nd4j.stack(1, Golden.integers(file, FIRST), Golden.integers(file, "end_positions"));
    }
    try (TensorSource source = TensorSource.open(file)) {
      INDArray labels =
          source.tensor("labels").dtype() == DType.F32
              ? Golden.floats(file, "labels")
              : Golden.integers(file, "labels");
      boolean numbers = labels.rank() == 1 && source.tensors().containsKey(PIXELS);
      return numbers ? labels.reshape(labels.length(), 1) : labels;
    }
  }

  /** Whether its pictures may have another size than the model's. */
  public boolean anySize() {
    return features.stream().anyMatch(feature -> feature.rank() == 4);
  }

  /** The output of a graph for this batch. */
  public INDArray output(ComputationGraph graph) {
    return graph.output(false, featureArray(), masks.isEmpty() ? null : maskArray())[0];
  }

  /** Prepares a graph for a step with this batch. */
  public void set(ComputationGraph graph) {
    graph.setInputs(featureArray());
    graph.setLabels(labels);
    if (!masks.isEmpty()) {
      graph.setLayerMaskArrays(maskArray(), null);
    }
  }

  public INDArray[] featureArray() {
    return features.toArray(INDArray[]::new);
  }

  public @Nullable INDArray[] maskArray() {
    return masks.toArray(INDArray[]::new);
  }

  /** The mask of the positions that the logits belong to. */
  public INDArray shown() {
    return masks.isEmpty()
        ? labels
        : Objects.requireNonNullElse(masks.get(masks.size() - 1), labels);
  }
}
