package org.peft4j.train.internal.batch;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;
import org.peft4j.memory.Scratch;
import org.peft4j.train.data.TokenBatch;

/**
 * A batch as the arrays of one pass through a graph. Closing frees them, and what the graph kept.
 */
public final class BatchArrays implements AutoCloseable {
  private static final String TYPES = "token_type_ids";

  private final ComputationGraph graph;
  private final List<INDArray> inputs = new ArrayList<>();
  private final List<@Nullable INDArray> masks = new ArrayList<>();
  private final Optional<INDArray> labels;

  /** The arrays of a batch for that graph. */
  public BatchArrays(ComputationGraph graph, TokenBatch batch) {
    this.graph = graph;
    labels = labels(batch);
    boolean apart = graph.getConfiguration().getNetworkInputs().contains(TYPES);
    INDArray ids = Nd4j.createFromArray(batch.inputIds());
    INDArray types =
        Nd4j.createFromArray(batch.types().orElseGet(() -> new int[batch.rows()][batch.time()]));
    if (apart) {
      add(ids, batch.needsMask(), batch.attentionMask());
      add(types, batch.needsMask(), batch.attentionMask());
    } else if (types.maxNumber().intValue() > 0) {
      add(joined(ids, types), batch.needsMask(), batch.attentionMask());
    } else {
      Scratch.release(types);
      add(ids, batch.needsMask(), batch.attentionMask());
    }
    batch
        .decoder()
        .ifPresent(
            decoder ->
                add(Nd4j.createFromArray(decoder.ids()), decoder.isPadded(), decoder.mask()));
  }

  /** Ids and types as a graph without an input of types takes them: [batch, 2, time]. */
  private static INDArray joined(INDArray ids, INDArray types) {
    INDArray both = Nd4j.create(DataType.INT, ids.size(0), 2, ids.size(1));
    both.get(all(), point(0), all()).assign(ids);
    both.get(all(), point(1), all()).assign(types);
    Scratch.release(ids);
    Scratch.release(types);
    return both;
  }

  /** Whole numbers as they are, others in single precision; empty if there are no labels. */
  private static Optional<INDArray> labels(TokenBatch batch) {
    return batch
        .numbers()
        .<INDArray>map(Nd4j::createFromArray)
        .or(
            () ->
                batch.labels().length == 0 || batch.labels()[0].length == 0
                    ? Optional.empty()
                    : Optional.of(Nd4j.createFromArray(batch.labels())));
  }

  private void add(INDArray input, boolean needsMask, int[][] mask) {
    inputs.add(input);
    masks.add(needsMask ? Nd4j.createFromArray(mask) : null);
  }

  /**
   * Inputs, labels and masks.
   *
   * @throws PeftException if the batch has no labels
   */
  public MultiDataSet dataSet() {
    return new MultiDataSet(inputs(), new INDArray[] {requireLabels()}, masks(), null);
  }

  private INDArray requireLabels() {
    return labels.orElseThrow(
        () ->
            new PeftException(
                "The sequences have no labels, so there is no loss; give them labels, or train with"
                    + " an objective of vectors."));
  }

  /** Gives inputs, labels and masks to the graph for its next pass. */
  public void setInGraph() {
    graph.setInputs(inputs());
    labels.ifPresent(graph::setLabels);
    INDArray @Nullable [] given = masks();
    if (given != null) {
      graph.setLayerMaskArrays(given, null);
    }
  }

  /** The inputs of the graph. */
  public INDArray[] inputs() {
    return inputs.toArray(INDArray[]::new);
  }

  /** The masks of the inputs; null without padding. */
  public INDArray @Nullable [] masks() {
    return masks.stream().allMatch(mask -> mask == null) ? null : masks.toArray(INDArray[]::new);
  }

  @Override
  public void close() {
    graph.clear();
    graph.clearLayerMaskArrays();
    labels.ifPresent(Scratch::release);
    inputs.forEach(Scratch::release);
    masks.stream().flatMap(Stream::ofNullable).forEach(Scratch::release);
  }
}
