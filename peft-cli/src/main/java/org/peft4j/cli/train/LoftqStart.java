package org.peft4j.cli.train;

import java.nio.file.Path;
import java.util.Optional;
import org.peft4j.Peft;
import org.peft4j.cli.options.OpenModel;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoftQ;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.LoraInit;
import org.peft4j.lora.loftq.LoftqInitialiser;
import org.peft4j.quantization.Quantization;
import org.peft4j.start.OriginalWeights;
import org.peft4j.transformers.checkpoint.OriginalCheckpoint;

/**
 * {@code init_lora_weights: "loftq"} on a base in fewer bits: the first values come from its
 * original checkpoint.
 *
 * @param original its folder
 */
record LoftqStart(Path original) {
  private static final String OPTION = "--original";

  /**
   * The start that options ask for; empty for others, and on a base of numbers.
   *
   * @param config of a new adapter
   * @throws PeftException if they contradict each other
   */
  static Optional<LoftqStart> of(TrainCommand command, Optional<PeftConfig> config) {
    Optional<LoftQ> asked =
        config
            .filter(LoraConfig.class::isInstance)
            .map(LoraConfig.class::cast)
            .filter(lora -> lora.init() == LoraInit.LOFTQ)
            .map(LoraConfig::loftq);
    Optional<Quantization> held = command.precision.quantization.of(command.model);
    Optional<Path> given = command.original;
    if (given.isPresent() && (asked.isEmpty() || held.isEmpty())) {
      throw new PeftException(
          OPTION
              + " is for a new adapter with --set init_lora_weights=loftq on a base in fewer bits; "
              + (asked.isEmpty() ? "the adapter begins otherwise" : "the base is held as numbers")
              + ". Leave it out.");
    }
    if (asked.isEmpty() || held.isEmpty()) {
      return Optional.empty();
    }
    require(asked.get(), held.get());
    boolean quantisedHere = command.precision.quantization.value().isPresent();
    if (given.isEmpty() && !quantisedHere) {
      throw new PeftException(
          "init_lora_weights loftq begins with the weights before they are quantised, and "
              + command.model
              + " holds its weights as "
              + held.get().id()
              + ". Name the folder of the original checkpoint with "
              + OPTION
              + ", or take another start.");
    }
    return Optional.of(new LoftqStart(given.orElse(command.model)));
  }

  private static void require(LoftQ asked, Quantization held) {
    int bits = held.id().endsWith("8") ? 8 : 4;
    if (asked.bits() != bits) {
      throw new PeftException(
          "loftq_bits is %d, and the base is held as %s, in %d bits. Set loftq_config={\"loftq_bits\": %d}."
              .formatted(asked.bits(), held.id(), bits, bits));
    }
    if (asked.iterations() > 1) {
      throw new PeftException(
          "loftq_iter is %d; a base that is quantised keeps its codes, and more than one iteration moves them. Leave it out, or write base and adapter together: peft quantize --loftq %d."
              .formatted(asked.iterations(), asked.iterations()));
    }
  }

  /** The config to add the adapter with. */
  PeftConfig before(PeftConfig config) {
    return LoftqInitialiser.before((LoraConfig) config);
  }

  /** Gives the adapter its first values, and returns the number of modules. */
  int apply(OpenModel open) {
    try (OriginalWeights weights = OriginalCheckpoint.open(original, open.base())) {
      return new LoftqInitialiser(open.wrapped().orElseThrow(), Peft.DEFAULT_ADAPTER)
          .apply(weights);
    }
  }
}
