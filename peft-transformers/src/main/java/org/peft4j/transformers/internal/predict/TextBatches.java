package org.peft4j.transformers.internal.predict;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;
import org.peft4j.memory.Scratch;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.internal.layer.VirtualTokens;
import org.peft4j.transformers.prediction.PredictionOptions;
import org.peft4j.transformers.tokenizer.EncodedText;
import org.peft4j.transformers.tokenizer.Tokenizer;

/**
 * Runs texts through a graph, several at once. Texts of like lengths run together, padded on the
 * right; within a batch they keep their order.
 *
 * @param graph the model's own, or one that is wrapped around it
 */
public record TextBatches(ComputationGraph graph, ModelArchitecture model, Tokenizer tokenizer) {
  /** Reads the results of a batch, which are freed afterwards. */
  public interface Reader {
    /**
     * Reads.
     *
     * @param texts the numbers of the batch's texts
     * @param output the graph's first output, a row for each of them
     * @param mask [batch, time], 0 for padding
     */
    void read(int[] texts, INDArray output, INDArray mask);
  }

  /** The most tokens of an input: what was asked for, or what the model and the tokenizer take. */
  public int longestInput(PredictionOptions options) {
    OptionalInt asked = options.longestInput();
    int most = model.longestText() - VirtualTokens.of(graph);
    return asked.orElse(Math.min(most, tokenizer.longestInput().orElse(most)));
  }

  /**
   * Runs all texts.
   *
   * @param size how many at once
   * @throws PeftException if a result is no number
   */
  public void run(List<EncodedText> texts, int size, Reader reader) {
    int[] byLength =
        IntStream.range(0, texts.size())
            .boxed()
            .sorted(Comparator.comparingInt(text -> texts.get(text).length()))
            .mapToInt(Integer::intValue)
            .toArray();
    for (int from = 0; from < byLength.length; from += size) {
      int[] batch = Arrays.copyOfRange(byLength, from, Math.min(from + size, byLength.length));
      Arrays.sort(batch);
      run(batch, IntStream.of(batch).mapToObj(texts::get).toList(), reader);
    }
  }

  private void run(int[] numbers, List<EncodedText> texts, Reader reader) {
    int time = Math.max(1, texts.stream().mapToInt(EncodedText::length).max().orElse(1));
    int[][] ids = new int[texts.size()][time];
    int[][] types = new int[texts.size()][time];
    int[][] shown = new int[texts.size()][time];
    for (int row = 0; row < ids.length; row++) {
      EncodedText text = texts.get(row);
      if (text.length() == 0) {
        throw new PeftException(
            "Text " + numbers[row] + " has no token, and the tokenizer adds none; leave it out.");
      }
      Arrays.fill(ids[row], padding());
      System.arraycopy(text.ids(), 0, ids[row], 0, text.length());
      if (tokenizer.givesTypes()) {
        System.arraycopy(text.types(), 0, types[row], 0, text.length());
      }
      Arrays.fill(shown[row], 0, text.length(), 1);
    }
    INDArray mask = Nd4j.createFromArray(shown);
    INDArray[] features = features(ids, types);
    try {
      boolean padded = texts.stream().anyMatch(text -> text.length() < time);
      INDArray[] outputs = graph.output(false, features, padded ? masks(features, mask) : null);
      requireNumbers(outputs[0]);
      reader.read(numbers, outputs[0], mask);
      Arrays.stream(outputs).forEach(Scratch::release);
    } finally {
      graph.clear();
      graph.clearLayerMaskArrays();
      Scratch.release(mask);
      Arrays.stream(features).forEach(Scratch::release);
    }
  }

  private int padding() {
    OptionalInt models = model.tokens().padding();
    int id = models.isPresent() ? models.getAsInt() : tokenizer.padding().orElse(0);
    return id < model.inputVocabularySize() ? id : 0;
  }

  /** Ids and types as the graph takes them: two inputs, or ids with types below them in one. */
  private INDArray[] features(int[][] ids, int[][] types) {
    INDArray tokens = Nd4j.createFromArray(ids);
    if (graph.getNumInputArrays() == 2) {
      return new INDArray[] {tokens, Nd4j.createFromArray(types)};
    }
    if (model.body().tokenInput().types().isEmpty()
        || Arrays.stream(types).flatMapToInt(Arrays::stream).allMatch(type -> type == 0)) {
      return new INDArray[] {tokens};
    }
    INDArray both = Nd4j.create(DataType.INT, ids.length, 2, ids[0].length);
    both.get(all(), point(0), all()).assign(tokens);
    both.get(all(), point(1), all()).assign(Nd4j.createFromArray(types));
    Scratch.release(tokens);
    return new INDArray[] {both};
  }

  private static @Nullable INDArray[] masks(INDArray[] features, INDArray mask) {
    INDArray[] masks = new INDArray[features.length];
    Arrays.fill(masks, mask);
    return masks;
  }

  private static void requireNumbers(INDArray output) {
    double sum = output.sumNumber().doubleValue();
    if (!Double.isFinite(sum)) {
      throw new PeftException(
          "The model's output is not finite. Its weights, its precision or its adapters overflow;"
              + " try FP32, and train with a lower learning rate.");
    }
  }
}
