package org.peft4j.train.parallel;

import java.nio.ByteBuffer;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Processes that train one adapter together, as one of them sees it. Each has the whole frozen
 * model and computes the gradient of its part of a step; their sum is everybody's. Only gradients
 * of adapters travel: megabytes where the model has gigabytes.
 *
 * <p>Every method but {@link #rank} and {@link #size} waits for all workers, and all must call the
 * same ones in the same order.
 */
public interface Workers extends AutoCloseable {
  /** This worker's number, from 0. The first one evaluates for all, writes files and tells. */
  int rank();

  /** How many there are, 1 and above. */
  int size();

  /**
   * Replaces an array by the sum of all workers' arrays. The order of the additions is fixed, so
   * that all get the same bits, and get them again in another run.
   *
   * @param array FLOAT or DOUBLE, with as many elements as everybody's
   * @throws org.peft4j.error.PeftException if a worker is gone
   */
  void sum(INDArray array);

  /**
   * What every worker has to say, by rank.
   *
   * @param own at most 1 MiB
   * @throws org.peft4j.error.PeftException if a worker is gone
   */
  List<byte[]> gather(byte[] own);

  /** Leaves; the others' next exchange fails. */
  @Override
  void close();

  /** The largest of all workers' numbers, 0 and above. */
  default int most(int own) {
    byte[] bytes = ByteBuffer.allocate(Integer.BYTES).putInt(own).array();
    return gather(bytes).stream().mapToInt(each -> ByteBuffer.wrap(each).getInt()).max().orElse(0);
  }

  /** One checksum of all workers'. */
  default long checksum(long own) {
    byte[] bytes = ByteBuffer.allocate(Long.BYTES).putLong(own).array();
    return gather(bytes).stream()
        .mapToLong(each -> ByteBuffer.wrap(each).getLong())
        .reduce(17, (sum, each) -> 31 * sum + each);
  }

  /** Whether this is the first worker. */
  default boolean first() {
    return rank() == 0;
  }

  /** A single worker, which exchanges nothing. */
  static Workers alone() {
    return SingleWorker.INSTANCE;
  }
}
