package org.peft4j.transformers.tokenizer;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.peft4j.error.PeftException;

/**
 * The tokenizer of a checkpoint folder: its {@code tokenizer.json}, run by Hugging Face's own
 * library. It sends and downloads nothing: the library's usage tracking is off, and its bundled CPU
 * code runs.
 */
public final class Tokenizer implements AutoCloseable {
  private final HuggingFaceTokenizer tokenizer;
  private final TokenizerFiles files;

  private Tokenizer(HuggingFaceTokenizer tokenizer, TokenizerFiles files) {
    this.tokenizer = tokenizer;
    this.files = files;
  }

  /**
   * Loads {@code folder/tokenizer.json}, and the ids of special tokens from {@code config.json} or
   * {@code tokenizer_config.json}.
   *
   * @throws PeftException if tokenizer.json is missing or cannot be read
   */
  public static Tokenizer load(Path folder) {
    Path file = folder.resolve("tokenizer.json");
    if (!Files.isRegularFile(file)) {
      throw new PeftException(
          folder
              + " has no tokenizer.json. Save a \"fast\" tokenizer there with its save_pretrained,"
              + " which writes that file.");
    }
    stayOffline();
    TokenizerFiles files = TokenizerFiles.read(folder);
    try {
      HuggingFaceTokenizer tokenizer =
          HuggingFaceTokenizer.builder()
              .optTokenizerPath(file)
              .optTruncation(false)
              .optPadding(false)
              .build();
      return new Tokenizer(tokenizer, files);
    } catch (IOException e) {
      throw new PeftException("Cannot read " + file + ": " + e.getMessage() + ".", e);
    } catch (RuntimeException e) {
      throw new PeftException(file + " is not a tokenizer: " + e.getMessage(), e);
    }
  }

  /** The library reads these properties when its first class is used. */
  private static void stayOffline() {
    System.setProperty("OPT_OUT_TRACKING", "true");
    if (System.getProperty("RUST_FLAVOR") == null) {
      System.setProperty("RUST_FLAVOR", "cpu");
    }
  }

  /**
   * The ids of {@code text}.
   *
   * @param addSpecialTokens whether to add the tokenizer's special tokens, such as one for the
   *     beginning of the text
   */
  public int[] encode(String text, boolean addSpecialTokens) {
    long[] ids = tokenizer.encode(text, addSpecialTokens, false).getIds();
    return Arrays.stream(ids).mapToInt(Math::toIntExact).toArray();
  }

  /** The text of {@code ids}, with or without special tokens. */
  public String decode(int[] ids, boolean skipSpecialTokens) {
    return tokenizer.decode(Arrays.stream(ids).asLongStream().toArray(), skipSpecialTokens);
  }

  /** One more than the largest id. */
  public int vocabularySize() {
    return files.vocabularySize();
  }

  /** The token that begins a text, if there is one. */
  public OptionalInt beginOfText() {
    return files.special("bos_token").stream().mapToInt(Integer::intValue).findFirst();
  }

  /** The tokens of which any ends a text. */
  public List<Integer> endOfText() {
    return files.special("eos_token");
  }

  /** The token that fills up shorter texts, if there is one. */
  public OptionalInt padding() {
    return files.special("pad_token").stream().mapToInt(Integer::intValue).findFirst();
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
