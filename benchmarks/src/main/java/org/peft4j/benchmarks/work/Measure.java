package org.peft4j.benchmarks.work;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.peft4j.config.PeftConfig;
import org.peft4j.internal.files.AdapterFiles;
import org.peft4j.lora.LoraConfig;
import org.peft4j.train.data.TokenizedFile;
import org.peft4j.train.data.TrainingData;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.family.Families;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Measures one piece of work of PEFT4J and prints a {@link Measurement}. */
@Command(
    name = "measure",
    mixinStandardHelpOptions = true,
    description = "Measures one piece of work in this process; prints one line of JSON.")
public final class Measure implements Callable<Integer> {
  @Mixin StepOptions options = new StepOptions(8, 8);

  @Option(names = "--data", required = true, description = "token ids; written if missing")
  Path data = Path.of("");

  @Option(names = "--work", description = "${COMPLETION-CANDIDATES}; default train")
  Workload work = Workload.TRAIN;

  @Option(names = "--alpha", description = "α of LoRA; default 16")
  double alpha = 16;

  @Option(names = "--target", split = ",", description = "adapted modules")
  String[] target = {};

  @Option(names = "--config", description = "an adapter_config.json, instead of LoRA's options")
  @Nullable Path config;

  @Option(names = "--batch", description = "rows of the ids; default 1")
  int batch = 1;

  @Option(names = "--length", description = "tokens of a row; default 128")
  int length = 128;

  @Option(names = "--warmup", description = "steps before them; default 2")
  int warmup = 2;

  public static void main(String[] arguments) {
    StepOptions.run(new Measure(), arguments);
  }

  @Override
  public Integer call() throws JsonProcessingException {
    ModelArchitecture architecture = Families.read(options.model());
    RandomTokens.require(data, architecture, batch, length);
    TrainingData tokens = TokenizedFile.read(data, architecture);
    AdaptedModel.Setting setting =
        new AdaptedModel.Setting(options.precision(), options.checkpointing());
    Stopwatch watch = Stopwatch.start();
    try (AdaptedModel adapted = AdaptedModel.load(options.model(), setting, adapter())) {
      double loadSeconds = watch.seconds();
      Timings timings = work.run(adapted, tokens, new Steps(warmup, options.steps()));
      System.out.println(new JsonMapper().writeValueAsString(result(timings, loadSeconds)));
    }
    return 0;
  }

  private PeftConfig adapter() {
    if (config != null) {
      return AdapterFiles.readConfigFile(config);
    }
    return LoraConfig.builder().rank(options.rank()).alpha(alpha).targetModules(target).build();
  }

  private Measurement result(Timings timings, double loadSeconds) {
    return new Measurement(
        "peft4j",
        work.toString(),
        options.precision().name().toLowerCase(Locale.ROOT),
        options.checkpointing(),
        timings.seconds(),
        timings.tokens(),
        PeakMemory.bytes(),
        loadSeconds,
        timings.losses());
  }
}
