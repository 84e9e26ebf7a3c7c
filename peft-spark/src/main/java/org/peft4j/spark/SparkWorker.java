package org.peft4j.spark;

import java.util.List;
import org.peft4j.train.metrics.TrainingListener;
import org.peft4j.train.parallel.Workers;

/**
 * One of several workers, as its job sees it.
 *
 * @param <T> the items of the data
 */
public final class SparkWorker<T> {
  private final Workers workers;
  private final List<T> rows;
  private final int attempt;
  private final WorkerCounts counts;

  SparkWorker(Workers workers, List<T> rows, int attempt, WorkerCounts counts) {
    this.workers = workers;
    this.rows = List.copyOf(rows);
    this.attempt = attempt;
    this.counts = counts;
  }

  /**
   * All workers, for {@link org.peft4j.train.FineTunerBuilder#workers}. They close by themselves.
   */
  public Workers workers() {
    return workers;
  }

  /**
   * This worker's rows: of N workers, the one of rank r has the rows r, r + N, r + 2·N … in their
   * order, so that none has more than one row less than another.
   */
  public List<T> rows() {
    return rows;
  }

  /** How often Spark has tried the stage before: above 0, an earlier try has failed. */
  public int attempt() {
    return attempt;
  }

  /**
   * Counts steps and tokens, for Spark's pages and {@link SparkWorkers#progress}: give it to {@link
   * org.peft4j.train.FineTunerBuilder#listener}.
   */
  public TrainingListener listener() {
    return counts.listener();
  }
}
