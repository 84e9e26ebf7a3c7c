package org.peft4j.benchmarks.kernels;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.peft4j.kernel.KernelChoice;

/** One call of a kernel. {@link KernelReport} supplies the names of the cases. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class KernelBenchmark {
  /** A name of {@link KernelCases}. */
  @Param("matmul 512x768x768")
  public String kernel = "";

  private final KernelCase.Arrays arrays = new KernelCase.Arrays();
  private Runnable call = () -> {};

  /** Makes the arrays. */
  @Setup(Level.Trial)
  public void prepare() {
    call = KernelCases.named(kernel).preparation().prepare(KernelChoice.kernels(), arrays);
  }

  /** Calls the kernel. */
  @Benchmark
  public void call() {
    call.run();
  }

  /** Frees the arrays. */
  @TearDown(Level.Trial)
  public void release() {
    arrays.close();
  }
}
