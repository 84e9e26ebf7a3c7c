package org.peft4j.train.internal.batch;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.layers.IOutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;
import org.peft4j.memory.Scratch;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.transformers.VectorPooling;

/**
 * A pass of texts through an encoder to their vectors, and back. Closing frees what it holds.
 *
 * <p>The gradients of hidden states come from outside of the graph, as Deeplearning4j's external
 * errors; those of further outputs, such as a pooler's, are 0.
 */
public final class VectorPass implements AutoCloseable {
  private final ComputationGraph graph;
  private final BatchArrays arrays;
  private final VectorPooling pooling;
  private final int time;
  private final INDArray mask;
  private final List<INDArray> held = new ArrayList<>();
  private final List<INDArray> outputs;

  private VectorPass(
      ComputationGraph graph, TokenBatch batch, VectorPooling pooling, boolean training) {
    if (graph.getOutputLayer(0) instanceof IOutputLayer) {
      throw new PeftException(
          "This model has a head, "
              + graph.getConfiguration().getNetworkOutputs().get(0)
              + ", and gives no vectors. Load it with Transformers.loadEncoder.");
    }
    this.graph = graph;
    this.pooling = pooling;
    this.time = batch.time();
    this.arrays = new BatchArrays(graph, batch);
    this.mask = Nd4j.createFromArray(batch.attentionMask());
    held.add(mask);
    this.outputs = training ? forward() : evaluate();
  }

  /** A pass that can go back, with dropout. */
  public static VectorPass training(
      ComputationGraph graph, TokenBatch batch, VectorPooling pooling) {
    return new VectorPass(graph, batch, pooling, true);
  }

  /** A pass without dropout, that cannot go back. */
  public static VectorPass evaluation(
      ComputationGraph graph, TokenBatch batch, VectorPooling pooling) {
    return new VectorPass(graph, batch, pooling, false);
  }

  private List<INDArray> forward() {
    arrays.setInGraph();
    Map<String, INDArray> activations = graph.feedForward(arrays.inputs(), true, false);
    graph.getConfiguration().getNetworkInputs().forEach(activations::remove);
    held.addAll(activations.values());
    return graph.getConfiguration().getNetworkOutputs().stream().map(activations::get).toList();
  }

  private List<INDArray> evaluate() {
    List<INDArray> all = List.of(graph.output(false, arrays.inputs(), arrays.masks()));
    held.addAll(all);
    return all;
  }

  /** The vectors, [texts][width]. */
  public double[][] vectors() {
    INDArray states = outputs.get(0);
    if (states.size(1) > time) {
      states = ofTokens(states).dup('c');
      held.add(states);
    }
    INDArray vectors = pooling.of(states, mask);
    held.add(vectors);
    return vectors.toDoubleMatrix();
  }

  /** Without the virtual tokens, which come first. */
  private INDArray ofTokens(INDArray states) {
    return states.get(all(), interval(states.size(1) - time, states.size(1)), all());
  }

  /** Writes the adapters' gradients, given those of the vectors. */
  public void backward(double[][] gradients) {
    INDArray[] epsilons =
        outputs.stream()
            .map(output -> Nd4j.zeros(output.dataType(), output.shape()))
            .toArray(INDArray[]::new);
    INDArray dVectors = Nd4j.createFromArray(gradients).castTo(outputs.get(0).dataType());
    INDArray tokens = ofTokens(epsilons[0]);
    INDArray dTokens = Nd4j.create(tokens.dataType(), tokens.shape());
    pooling.backward(dVectors, mask, dTokens);
    tokens.assign(dTokens);
    held.addAll(List.of(dVectors, dTokens));
    held.addAll(List.of(epsilons));
    graph.backpropGradient(epsilons);
  }

  @Override
  public void close() {
    arrays.close();
    held.forEach(Scratch::release);
  }
}
