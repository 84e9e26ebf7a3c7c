package org.peft4j.lora;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.config.CommonConfig;
import org.peft4j.quantization.Quantization;

/**
 * The settings of {@link LoraInit#LOFTQ}: {@code loftq_config}.
 *
 * @param bits {@code loftq_bits}: 4 for NF4 in blocks of 64, 8 for integers by rows
 * @param iterations {@code loftq_iter}: how often W is quantised, 1 and above
 */
public record LoftQ(int bits, int iterations) {
  /** Hugging Face PEFT's: 4 bits, once. */
  public static final LoftQ DEFAULT = new LoftQ(4, 1);

  /**
   * Checks both.
   *
   * @throws org.peft4j.error.PeftException listing all problems
   */
  public LoftQ {
    List<String> problems = new ArrayList<>();
    if (bits != 4 && bits != 8) {
      problems.add("loftq_bits is " + bits + "; allowed: 4, 8.");
    }
    if (iterations < 1) {
      problems.add("loftq_iter is " + iterations + "; allowed: 1 and above.");
    }
    CommonConfig.require("LoftQ config", problems);
  }

  /** How weights are quantised. */
  public Quantization quantization() {
    return bits == 4 ? Quantization.nf4() : Quantization.int8();
  }
}
