package org.peft4j.benchmarks.picture;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.peft4j.benchmarks.work.PeakMemory;

/** Runs {@code fit} and prints a line of JSON for each step. */
final class TimedSteps {
  private TimedSteps() {}

  static void run(int steps, ComputationGraph graph, Supplier<MultiDataSet> batches) {
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    for (int i = 0; i < steps; i++) {
      MultiDataSet batch = batches.get();
      long start = System.nanoTime();
      long used = system.getProcessCpuTime();
      graph.fit(batch);
      System.out.printf(
          Locale.ROOT,
          "{\"seconds\": %.2f, \"cpu_seconds\": %.2f, \"peak_mb\": %.0f, \"loss\": %.5f}%n",
          (System.nanoTime() - start) / 1e9,
          (system.getProcessCpuTime() - used) / 1e9,
          PeakMemory.bytes() / 1e6,
          graph.score());
      Stream.of(batch.getFeatures(), batch.getLabels())
          .flatMap(Stream::of)
          .forEach(INDArray::close);
    }
  }
}
