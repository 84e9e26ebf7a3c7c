package org.peft4j.cli.options;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The options of commands that read examples. */
public final class DataOptions {
  @Option(
      names = {"-d", "--data"},
      required = true,
      paramLabel = "FILE",
      description = {
        "Training or test data: .txt, a text to cut into blocks;",
        ".jsonl, lines of {\"text\": …} or {\"prompt\": …, \"completion\": …}, where only the"
            + " completion counts;",
        "for an encoder-decoder lines of {\"source\": …, \"target\": …};",
        ".safetensors, with input_ids and optional labels and attention_mask, and for an"
            + " encoder-decoder decoder_input_ids and decoder_attention_mask."
      })
  public Path data = Path.of("");

  @Option(
      names = "--sequence-length",
      paramLabel = "N",
      defaultValue = "512",
      description =
          "Tokens in a block of text, or at most in a line of .jsonl (default: ${DEFAULT-VALUE}).")
  public int sequenceLength;

  @Option(
      names = "--batch-size",
      paramLabel = "N",
      defaultValue = "8",
      description = "Sequences in a batch (default: ${DEFAULT-VALUE}).")
  public int batchSize;
}
