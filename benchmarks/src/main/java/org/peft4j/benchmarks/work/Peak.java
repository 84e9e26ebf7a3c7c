package org.peft4j.benchmarks.work;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.transformers.config.ModelConfig;
import org.peft4j.transformers.config.ModelConfigReader;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures what the machine can do at best and prints {@link Rates}. */
@Command(
    name = "peak",
    mixinStandardHelpOptions = true,
    description = "Measures the rates of matrix products and of memory; prints one line of JSON.")
public final class Peak implements Callable<Integer> {
  /**
   * Rates of all threads together.
   *
   * @param flops operations of a matrix product a second
   * @param bytes read from memory a second
   */
  @JsonNaming(SnakeCaseStrategy.class)
  public record Rates(double flops, double bytes) {
    /** The higher of both rates. */
    public Rates max(Rates other) {
      return new Rates(Math.max(flops, other.flops), Math.max(bytes, other.bytes));
    }

    @Override
    public String toString() {
      return "%.1f GFLOP/s, %.1f GB/s".formatted(flops / 1e9, bytes / 1e9);
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
    ModelConfig config = ModelConfigReader.read(model);
    DataType type = precision == Precision.BF16 ? DataType.BFLOAT16 : DataType.FLOAT;
    double flops =
        new ProductPeak(KernelSet.kernels(), type, config.family(), tokens).measure(config);
    System.out.println(new JsonMapper().writeValueAsString(new Rates(flops, MemoryPeak.measure())));
    return 0;
  }
}
