package org.peft4j.spark;

import java.io.Serializable;

/**
 * What every worker does. It travels to the workers, so that it should capture paths, numbers and
 * configs, but no model.
 *
 * @param <T> the items of the data
 * @param <R> what it returns: serializable
 */
@FunctionalInterface
public interface WorkerJob<T, R> extends Serializable {
  /**
   * Does it.
   *
   * @throws Exception any: the stage fails, and Spark tries it again as a whole
   */
  R run(SparkWorker<T> worker) throws Exception;
}
