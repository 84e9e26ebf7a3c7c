package org.peft4j.train.parallel;

import java.util.Iterator;
import java.util.function.Consumer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.dataset.api.iterator.MultiDataSetIterator;
import org.peft4j.error.PeftException;

/**
 * Deeplearning4j's networks, wrapped or not, that several workers train by {@code fit} on data of
 * their own: after every K batches the parameters and the updaters' states are their means. Of a
 * wrapped network these are the adapters' alone.
 *
 * <p>With plain SGD, K = 1 and batches of equal size this is training with one larger batch.
 *
 * @param every K, 1 and above
 */
public record NetworkAveraging(Workers workers, int every) {
  public NetworkAveraging {
    if (every < 1) {
      throw new PeftException("Average every " + every + " batches; allowed: 1 and above.");
    }
  }

  /**
   * Fits a network for an epoch.
   *
   * @param own this worker's data; the epoch ends with the shortest of all workers', and with a
   *     mean
   */
  public void fit(MultiLayerNetwork network, DataSetIterator own) {
    fit(own, network::fit, () -> average(network));
  }

  /** The same for a graph with one input and one output. */
  public void fit(ComputationGraph network, DataSetIterator own) {
    fit(own, network::fit, () -> average(network));
  }

  /** The same for a graph with several inputs or outputs. */
  public void fit(ComputationGraph network, MultiDataSetIterator own) {
    fit(own, network::fit, () -> average(network));
  }

  private <D> void fit(Iterator<D> own, Consumer<D> batch, Runnable average) {
    long batches = 0;
    while (all(own.hasNext())) {
      batch.accept(own.next());
      if (++batches % every == 0) {
        average.run();
      }
    }
    average.run();
  }

  private boolean all(boolean here) {
    return workers.gather(new byte[] {(byte) (here ? 1 : 0)}).stream().allMatch(b -> b[0] == 1);
  }

  /** Replaces the parameters and the state of the updater by the means of all workers'. */
  public void average(MultiLayerNetwork network) {
    mean(network);
    mean(network.getUpdater().getStateViewArray());
  }

  /** The same for a graph. */
  public void average(ComputationGraph network) {
    mean(network);
    mean(network.getUpdater().getStateViewArray());
  }

  private void mean(Model network) {
    mean(network.params());
  }

  private void mean(@Nullable INDArray values) {
    if (values != null && workers.size() > 1) {
      workers.sum(values);
      values.divi(workers.size());
    }
  }
}
