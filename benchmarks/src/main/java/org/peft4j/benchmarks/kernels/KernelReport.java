package org.peft4j.benchmarks.kernels;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.peft4j.benchmarks.table.Machine;
import org.peft4j.benchmarks.table.Table;
import org.peft4j.benchmarks.work.MemoryPeak;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The program behind {@code kernels.sh}: runs {@link KernelBenchmark} and prints its rates. */
@Command(
    name = "kernels.sh",
    mixinStandardHelpOptions = true,
    description = "Times single kernels, and relates them to the peak of the same run.")
public final class KernelReport implements Callable<Integer> {
  @Option(names = "--only", description = "kernels whose name contains this; default all")
  String only = "";

  @Option(names = "--iterations", description = "iterations that count; default 5")
  int iterations = 5;

  @Option(names = "--millis", description = "of an iteration; default 1000")
  int millis = 1000;

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new KernelReport()).execute(arguments));
  }

  @Override
  public Integer call() throws RunnerException {
    List<KernelCase> cases =
        KernelCases.all().stream().filter(one -> one.name().contains(only)).toList();
    if (cases.isEmpty()) {
      System.err.println("No kernel's name contains \"" + only + "\".");
      return 2;
    }
    String machine = Machine.description();
    double memory = MemoryPeak.measure();
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include(KernelBenchmark.class.getName())
            .param("kernel", cases.stream().map(KernelCase::name).toArray(String[]::new))
            .measurementIterations(iterations)
            .measurementTime(TimeValue.milliseconds(millis))
            .warmupTime(TimeValue.milliseconds(millis));
    Collection<RunResult> results = new Runner(options.build()).run();
    System.out.printf("%n%s%n", machine);
    System.out.printf("%n%s", table(results, memory));
    return 0;
  }

  private static Table table(Collection<RunResult> results, double memory) {
    Table table = new Table("kernel", "ms", "± ms", "GFLOP/s", "of peak", "GB/s", "of memory");
    for (RunResult result : results) {
      double flops = flops(result);
      double bytes = kernel(result).bytes() / seconds(result);
      table.row(
          kernel(result).name(),
          format("%.3f", result.getPrimaryResult().getScore()),
          format("%.3f", result.getPrimaryResult().getScoreError()).replace("NaN", "–"),
          flops > 0 ? format("%.1f", flops / 1e9) : "–",
          flops > 0 ? format("%.0f %%", 100 * flops / peak(results, kernel(result).half())) : "–",
          format("%.1f", bytes / 1e9),
          format("%.0f %%", 100 * bytes / memory));
    }
    return table;
  }

  /** The best product of that precision. */
  private static double peak(Collection<RunResult> results, boolean half) {
    return results.stream()
        .filter(result -> kernel(result).half() == half)
        .mapToDouble(KernelReport::flops)
        .max()
        .orElse(0);
  }

  private static KernelCase kernel(RunResult result) {
    return KernelCases.named(result.getParams().getParam("kernel"));
  }

  private static double seconds(RunResult result) {
    return result.getPrimaryResult().getScore() * 1e-3;
  }

  private static double flops(RunResult result) {
    return kernel(result).flops() / seconds(result);
  }

  private static String format(String pattern, double value) {
    return String.format(Locale.ROOT, pattern, value);
  }
}
