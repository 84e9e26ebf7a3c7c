package org.peft4j.benchmarks.work;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.peft4j.kernel.KernelChoice;
import org.peft4j.kernel.Kernels;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.config.Precision;
import org.peft4j.transformers.family.Families;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures the machine's peak rates and prints {@link Rates}. */
@Command(
    name = "peak",
    mixinStandardHelpOptions = true,
    description = "Measures the rates of matrix products and of memory; prints one line of JSON.")
public final class Peak implements Callable<Integer> {
  /**
   * Rates of all threads together.
   *
   * @param kernels the class that multiplies
   * @param flops operations of a matrix product per second
   * @param bytes read from memory per second
   */
  @JsonNaming(SnakeCaseStrategy.class)
  public record Rates(String kernels, double flops, double bytes) {
    /** The higher of both rates. */
    public Rates max(Rates other) {
      return new Rates(kernels, Math.max(flops, other.flops), Math.max(bytes, other.bytes));
    }

    @Override
    public String toString() {
      return "%.1f GFLOP/s (%s), %.1f GB/s".formatted(flops / 1e9, kernels, bytes / 1e9);
    }
  }

  @Option(names = "--model", required = true, description = "a folder with a config.json")
  Path model = Path.of("");

  @Option(names = "--precision", description = "${COMPLETION-CANDIDATES}; default FP32")
  Precision precision = Precision.FP32;

  @Option(names = "--tokens", description = "rows of the products; default 512")
  int tokens = 512;

  public static void main(String[] arguments) {
    System.exit(
        new CommandLine(new Peak()).setCaseInsensitiveEnumValuesAllowed(true).execute(arguments));
  }

  @Override
  public Integer call() throws JsonProcessingException {
    ModelArchitecture architecture = Families.read(model);
    Kernels kernels = KernelChoice.kernels();
    double flops = new ProductPeak(kernels, precision, tokens).measure(architecture);
    Rates rates = new Rates(kernels.getClass().getSimpleName(), flops, MemoryPeak.measure());
    System.out.println(new JsonMapper().writeValueAsString(rates));
    return 0;
  }
}
