package org.peft4j.examples.methods;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.bottleneck.BottleneckConfig;
import org.peft4j.config.PeftConfig;
import org.peft4j.ia3.Ia3Config;
import org.peft4j.internal.files.AdapterFiles;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.adalora.AdaLoraConfig;
import org.peft4j.prompt.prefix.PrefixTuningConfig;
import org.peft4j.prompt.ptuning.PTuningConfig;
import org.peft4j.prompt.tuning.PromptInit;
import org.peft4j.prompt.tuning.PromptTuningConfig;
import org.peft4j.train.Evaluator;
import org.peft4j.train.FineTuner;
import org.peft4j.train.FineTuningSettings;
import org.peft4j.train.data.TextTokens;
import org.peft4j.train.data.TrainingData;
import org.peft4j.train.schedule.StandardSchedule;
import org.peft4j.transformers.CausalLanguageModel;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.tokenizer.Tokenizer;

/**
 * Adapts a language model to a book by eight methods and prints one table. Arguments: the folder of
 * a small model, a text file, and optionally the number of steps (300 by default).
 */
public final class MethodComparison {
  private static final String[] ALL = {
    "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"
  };

  /** A config and the learning rate that suits it. */
  private record Way(PeftConfig config, double rate) {}

  private MethodComparison() {}

  private static Map<String, Way> ways(int steps) {
    Map<String, Way> ways = new LinkedHashMap<>();
    ways.put("LoRA, r 8", new Way(lora().build(), 3e-3));
    ways.put("DoRA, r 8", new Way(lora().dora(true).build(), 3e-3));
    ways.put("AdaLoRA, from r 12 to 8", new Way(adaLora(steps), 3e-3));
    ways.put("bottleneck (Pfeiffer)", new Way(BottleneckConfig.pfeiffer().build(), 3e-3));
    ways.put("(IA)3", new Way(Ia3Config.builder().build(), 3e-2));
    ways.put(
        "prefix, 16 tokens",
        new Way(PrefixTuningConfig.builder().virtualTokens(16).zeros(true).build(), 1e-2));
    ways.put(
        "prompt, 16 tokens",
        new Way(
            PromptTuningConfig.builder().virtualTokens(16).init(PromptInit.SAMPLE_VOCAB).build(),
            1e-2));
    ways.put(
        "P-tuning, 16 tokens", new Way(PTuningConfig.builder().virtualTokens(16).build(), 3e-3));
    return ways;
  }

  private static LoraConfig.Builder lora() {
    return LoraConfig.builder().rank(8).alpha(16).targetModules(ALL);
  }

  private static PeftConfig adaLora(int steps) {
    return AdaLoraConfig.builder()
        .initR(12)
        .targetR(8)
        .alpha(16)
        .tinit(steps / 10)
        .tfinal(steps / 3)
        .deltaT(5)
        .totalStep(steps)
        .targetModules(ALL)
        .build();
  }

  public static void main(String[] arguments) {
    if (arguments.length < 2) {
      System.out.println("Usage: MethodComparison MODEL_FOLDER TEXT_FILE [STEPS]");
      return;
    }
    Path folder = Path.of(arguments[0]);
    int steps = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 300;
    TextTokens tokens;
    try (Tokenizer tokenizer = Tokenizer.load(folder)) {
      tokens = TextTokens.read(Path.of(arguments[1]), tokenizer);
    }
    TrainingData training = tokens.first(0.9).blocks(256);
    TrainingData held = tokens.after(0.9).blocks(256);
    try (CausalLanguageModel base = Transformers.load(folder)) {
      System.out.printf(
          "Base: %,d parameters, %.3f nats a token on held-out text. %d steps of 8 × 256 tokens:%n%n",
          base.parameterCount(), new Evaluator(base.graph(), 8).evaluate(held).loss(), steps);
      System.out.println("| method | trained | nats a token | seconds | file, bytes |");
      System.out.println("|---|---|---|---|---|");
      ways(steps).forEach((name, way) -> adapt(name, way, base, training, held, steps));
    }
  }

  private static void adapt(
      String name,
      Way way,
      CausalLanguageModel base,
      TrainingData training,
      TrainingData held,
      int steps) {
    try (PeftModel<ComputationGraph> model = Peft.wrap(base.graph(), way.config(), 1)) {
      long begin = System.nanoTime();
      FineTuner.builder(model, training)
          .settings(
              FineTuningSettings.builder()
                  .steps(steps)
                  .batchSize(8)
                  .learningRate(way.rate())
                  .schedule(StandardSchedule.COSINE)
                  .warmupSteps(steps / 10)
                  .build())
          .build()
          .run();
      double seconds = (System.nanoTime() - begin) / 1e9;
      System.out.printf(
          "| %s | %,d | %.3f | %.0f | %,d |%n",
          name,
          model.trainableParameters().trainable(),
          new Evaluator(model.network(), 8).evaluate(held).loss(),
          seconds,
          savedBytes(model));
    }
  }

  private static long savedBytes(PeftModel<?> model) {
    try {
      Path folder = Files.createTempDirectory("adapter");
      model.save(folder);
      return Files.size(folder.resolve(AdapterFiles.WEIGHTS));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
