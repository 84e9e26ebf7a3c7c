package org.peft4j.spark;

import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.apache.spark.ExceptionFailure;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.SparkListenerStageCompleted;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.StageInfo;
import org.apache.spark.storage.RDDInfo;
import org.peft4j.error.PeftException;
import org.peft4j.train.parallel.WorkerLostException;
import scala.Option;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Watches the workers of a job from the driver. A {@link PeftException} says what is wrong with a
 * file or a setting, which another try does not change: it ends the job. What executors count comes
 * with their heartbeats, and goes on to Spark's pages.
 */
final class WorkerWatch extends SparkListener {
  private final SparkContext context;
  private final String group;
  private final WorkerCounts counts;
  private final Consumer<WorkerProgress> progress;
  private final Set<Object> stages = ConcurrentHashMap.newKeySet();
  private final Map<Object, StageInfo> running = new ConcurrentHashMap<>();
  private volatile Optional<PeftException> refusal = Optional.empty();
  private WorkerProgress told = new WorkerProgress(0, 0);

  WorkerWatch(
      SparkContext context, String group, WorkerCounts counts, Consumer<WorkerProgress> progress) {
    this.context = context;
    this.group = group;
    this.counts = counts;
    this.progress = progress;
  }

  /** Why the job was ended; empty if it was not. */
  Optional<PeftException> refusal() {
    return refusal;
  }

  @Override
  public void onJobStart(SparkListenerJobStart start) {
    if (Objects.equals(group, start.properties().getProperty("spark.jobGroup.id"))) {
      stages.addAll(CollectionConverters.asJava(start.stageIds()));
    }
  }

  /** The counts stand there from the start, so that later ones only take their place. */
  @Override
  public void onStageSubmitted(SparkListenerStageSubmitted submitted) {
    StageInfo stage = submitted.stageInfo();
    boolean trains =
        CollectionConverters.asJava(stage.rddInfos()).stream().anyMatch(RDDInfo::isBarrier);
    if (trains && stages.contains(stage.stageId())) {
      running.put(stage.stageId(), stage);
      counts.show(stage, new WorkerProgress(0, 0));
    }
  }

  @Override
  public void onStageCompleted(SparkListenerStageCompleted completed) {
    running.remove(completed.stageInfo().stageId());
  }

  @Override
  public void onTaskEnd(SparkListenerTaskEnd end) {
    if (refusal.isEmpty()
        && stages.contains(end.stageId())
        && end.reason() instanceof ExceptionFailure failure) {
      cause(failure.exception())
          .ifPresent(
              cause -> {
                refusal =
                    Optional.of(
                        new PeftException(
                            "Worker " + end.taskInfo().index() + ": " + cause.getMessage(), cause));
                context.cancelJobGroup(group);
              });
    }
  }

  private static Optional<PeftException> cause(Option<Throwable> thrown) {
    Throwable each = thrown.isDefined() ? thrown.get() : null;
    if (WorkerLostException.in(each).isPresent()) {
      return Optional.empty();
    }
    while (each != null && !(each instanceof PeftException)) {
      each = each.getCause();
    }
    return Optional.ofNullable((PeftException) each);
  }

  @Override
  public void onExecutorMetricsUpdate(SparkListenerExecutorMetricsUpdate update) {
    CollectionConverters.asJava(update.accumUpdates())
        .forEach(
            task -> {
              StageInfo stage = running.get(task._2());
              if (stage != null && task._3().equals(stage.attemptNumber())) {
                tell(stage, CollectionConverters.asJava(task._4()));
              }
            });
  }

  private void tell(StageInfo stage, Iterable<AccumulableInfo> values) {
    long steps = 0;
    long tokens = 0;
    for (AccumulableInfo value : values) {
      if (value.update().isDefined() && value.update().get() instanceof Long count) {
        steps += value.id() == counts.stepsId() ? count : 0;
        tokens += value.id() == counts.tokensId() ? count : 0;
      }
    }
    WorkerProgress now = new WorkerProgress(steps, tokens);
    if (steps > 0 && !now.equals(told)) {
      told = now;
      counts.show(stage, now);
      progress.accept(now);
    }
  }
}
