package org.peft4j.cli.checkpoint;

import java.nio.file.Path;
import java.util.Optional;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.cli.options.AdapterOptions;
import org.peft4j.cli.options.NewAdapter;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoftQ;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.loftq.LoftqAlternation;
import org.peft4j.lora.loftq.LoftqInitialiser;
import org.peft4j.quantization.Quantization;
import org.peft4j.start.BeforeQuantization;
import org.peft4j.start.OriginalWeights;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.checkpoint.OriginalCheckpoint;
import org.peft4j.transformers.plan.TrainingBatch;
import picocli.CommandLine.Option;

/** The adapter of LoftQ that {@code peft quantize} writes beside the checkpoint. */
final class LoftqOptions {
  private static final TrainingBatch ANY = new TrainingBatch(1, 1);

  @Option(
      names = "--loftq",
      paramLabel = "N",
      description =
          "Quantise what a product of low rank leaves, N times in turns (LoftQ), and write the LoRA"
              + " adapter that adds the product: the pair is nearer to the model than its quantised"
              + " weights alone.")
  Optional<Integer> iterations = Optional.empty();

  @Option(
      names = {"-r", "--rank"},
      paramLabel = "R",
      description = "Rank of that adapter (default: 8).")
  Optional<Integer> rank = Optional.empty();

  @Option(
      names = "--alpha",
      paramLabel = "A",
      description = "Its scale is A/R; it begins the same with any (default: 8).")
  Optional<Double> alpha = Optional.empty();

  @Option(
      names = {"-t", "--target"},
      paramLabel = "MODULES",
      description = "Its modules, as in peft train (default: the usual ones of the model's type).")
  Optional<String> target = Optional.empty();

  @Option(
      names = "--adapter-output",
      paramLabel = "DIR",
      description = "Folder for the adapter (default: --output with -loftq behind its name).")
  Optional<Path> output = Optional.empty();

  /**
   * The config, as {@code init_lora_weights: loftq} has it.
   *
   * @param checkpoint the folder that will be written
   * @throws PeftException if options are given without {@code --loftq}
   */
  Optional<LoraConfig> config(Path model, Path checkpoint, Quantization quantization) {
    if (iterations.isEmpty()) {
      if (rank.isPresent() || alpha.isPresent() || target.isPresent() || output.isPresent()) {
        throw new PeftException(
            "--rank, --alpha, --target and --adapter-output describe the adapter of LoftQ; add"
                + " --loftq 1 or more, or leave them out.");
      }
      return Optional.empty();
    }
    AdapterOptions options = new AdapterOptions();
    options.rank = rank;
    options.alpha = alpha;
    options.target = target;
    LoraConfig config = (LoraConfig) NewAdapter.config(options, model, Optional.empty());
    return Optional.of(
        config.toBuilder()
            .baseModel(checkpoint.toString())
            .loftq(new LoftQ(quantization.id().endsWith("8") ? 8 : 4, iterations.get()))
            .build());
  }

  /** What is quantised in place of the model's weights. */
  BeforeQuantization before(LoraConfig config, Path model, Quantization quantization) {
    return new LoftqAlternation(
        config, Transformers.plan(model, config, ANY).adapter(), quantization);
  }

  /**
   * Writes the adapter, which belongs to the codes of that model.
   *
   * @return its folder
   */
  Path write(LoraConfig config, Path original, TransformerModel model, Path checkpoint) {
    Path folder = folder(checkpoint);
    try (PeftModel<ComputationGraph> adapted =
            Peft.wrap(model.graph(), LoftqInitialiser.before(config));
        OriginalWeights weights = OriginalCheckpoint.open(original, model)) {
      new LoftqInitialiser(adapted, Peft.DEFAULT_ADAPTER).apply(weights);
      adapted.save(folder);
    }
    return folder;
  }

  private Path folder(Path checkpoint) {
    Path whole = checkpoint.toAbsolutePath().normalize();
    return output.orElseGet(() -> whole.resolveSibling(whole.getFileName() + "-loftq"));
  }
}
