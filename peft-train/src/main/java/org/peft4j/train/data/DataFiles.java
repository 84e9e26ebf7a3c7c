package org.peft4j.train.data;

import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.family.Families;
import org.peft4j.transformers.tokenizer.Tokenizer;

/**
 * Reads a data file by its name: {@code .txt} as {@link TextTokens}, without tokens for beginning
 * and end, {@code .jsonl} as {@link JsonLines}, or as {@link PairLines} for an encoder-decoder,
 * {@code .safetensors} as {@link TokenizedFile}.
 */
public final class DataFiles {
  private DataFiles() {}

  /**
   * Reads a file.
   *
   * @param model a checkpoint folder, whose tokenizer encodes text
   * @param sequenceLength the length of blocks, or the most tokens of a row; 2 and above
   * @throws PeftException if the name ends in anything else, or the file or the tokenizer is broken
   */
  public static TrainingData read(Path file, Path model, int sequenceLength) {
    String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    if (Stream.of(".txt", ".jsonl", ".safetensors").noneMatch(name::endsWith)) {
      throw new PeftException(
          file + " is not a supported file type; use .txt, .jsonl or .safetensors.");
    }
    ModelArchitecture architecture = Families.read(model);
    boolean decodes = architecture.encoder().isPresent();
    if (name.endsWith(".safetensors")) {
      return TokenizedFile.read(file, architecture);
    }
    if (decodes && name.endsWith(".txt")) {
      throw new PeftException(
          file
              + " is a text, and "
              + model
              + " an encoder-decoder, which learns from pairs: use .jsonl with lines of"
              + " {\"source\": …, \"target\": …}.");
    }
    try (Tokenizer tokenizer = Tokenizer.load(model)) {
      if (decodes) {
        return PairLines.of(tokenizer, architecture.tokens(), sequenceLength).read(file);
      }
      return name.endsWith(".txt")
          ? TextTokens.read(file, tokenizer).blocks(sequenceLength)
          : JsonLines.of(tokenizer, sequenceLength).read(file);
    }
  }
}
