package org.peft4j.train.internal.batch;

import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.memory.Scratch;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.data.picture.PictureTextBatch;

/**
 * Pictures and texts as the arrays of one pass through a graph. Closing frees them, and what the
 * graph kept.
 *
 * <p>A graph whose first input are pictures writes captions, whose labels are their tokens; of one
 * whose first input are texts, the label of a text is the number of its picture.
 */
public final class PictureTextArrays implements AutoCloseable {
  private static final String PIXELS = "pixel_values";

  private final ComputationGraph graph;
  private final boolean captions;
  private final INDArray pixels;
  private final INDArray ids;
  private final @Nullable INDArray mask;
  private final INDArray labels;

  /** The arrays of a batch for that graph. */
  public PictureTextArrays(ComputationGraph graph, PictureTextBatch batch) {
    this.graph = graph;
    TokenBatch texts = batch.texts();
    this.captions = graph.getConfiguration().getNetworkInputs().get(0).equals(PIXELS);
    this.pixels = Nd4j.createFromArray(batch.pixels()).reshape('c', batch.shape());
    this.ids = Nd4j.createFromArray(texts.inputIds());
    this.mask = texts.needsMask() ? Nd4j.createFromArray(texts.attentionMask()) : null;
    this.labels =
        captions
            ? Nd4j.createFromArray(texts.labels())
            : Nd4j.createFromArray(
                IntStream.range(0, texts.rows())
                    .mapToObj(i -> new int[] {i})
                    .toArray(int[][]::new));
  }

  private INDArray[] inputs() {
    return captions ? new INDArray[] {pixels, ids} : new INDArray[] {ids, pixels};
  }

  private INDArray @Nullable [] masks() {
    if (mask == null) {
      return null;
    }
    return captions ? new @Nullable INDArray[] {null, mask} : new @Nullable INDArray[] {mask, null};
  }

  /** Pictures, texts, masks and labels. */
  public MultiDataSet dataSet() {
    return new MultiDataSet(inputs(), new INDArray[] {labels}, masks(), null);
  }

  /** Gives pictures, texts, masks and labels to the graph for its next pass. */
  public void setInGraph() {
    graph.setInputs(inputs());
    graph.setLabels(labels);
    INDArray @Nullable [] given = masks();
    if (given != null) {
      graph.setLayerMaskArrays(given, null);
    }
  }

  @Override
  public void close() {
    graph.clear();
    graph.clearLayerMaskArrays();
    Stream.concat(Stream.of(pixels, ids, labels), Stream.ofNullable(mask))
        .forEach(Scratch::release);
  }
}
