package org.peft4j.spark;

import java.io.Serializable;
import org.apache.spark.SparkContext;
import org.apache.spark.util.LongAccumulator;
import org.peft4j.train.metrics.StepMetrics;
import org.peft4j.train.metrics.TrainingListener;

/** Steps and tokens as Spark's accumulators, which its pages show. */
final class WorkerCounts implements Serializable {
  private static final long serialVersionUID = 1L;
  static final String STEPS = "PEFT4J steps";
  static final String TOKENS = "PEFT4J tokens";

  private final LongAccumulator steps;
  private final LongAccumulator tokens;

  private WorkerCounts(LongAccumulator steps, LongAccumulator tokens) {
    this.steps = steps;
    this.tokens = tokens;
  }

  static WorkerCounts in(SparkContext context) {
    return new WorkerCounts(context.longAccumulator(STEPS), context.longAccumulator(TOKENS));
  }

  long stepsId() {
    return steps.id();
  }

  long tokensId() {
    return tokens.id();
  }

  /** Counts the steps of a training. */
  TrainingListener listener() {
    return new TrainingListener() {
      @Override
      public void onStep(StepMetrics metrics) {
        steps.add(1);
        tokens.add(Math.round(metrics.tokensPerSecond() * metrics.stepSeconds()));
      }
    };
  }
}
