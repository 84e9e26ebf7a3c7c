package org.peft4j.spark;

import java.io.Serializable;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.StageInfo;
import org.apache.spark.util.LongAccumulator;
import org.peft4j.train.metrics.StepMetrics;
import org.peft4j.train.metrics.TrainingListener;
import scala.Option;

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

  /**
   * Writes how far a running stage has come to what Spark's pages show of it. Spark itself does so
   * only when a task ends, which is here the end of all.
   */
  void show(StageInfo stage, WorkerProgress now) {
    show(stage, steps, now.steps());
    show(stage, tokens, now.tokens());
  }

  /** A heartbeat may be heard of after the end of its task, whose count is the last word. */
  private static void show(StageInfo stage, LongAccumulator count, Long now) {
    Option<AccumulableInfo> before = stage.accumulables().get(count.id());
    if (before.isDefined()
        && before.get().value().isDefined()
        && before.get().value().get() instanceof Long known
        && known > now) {
      return;
    }
    stage.accumulables().put(count.id(), count.toInfo(Option.empty(), Option.apply(now)));
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
