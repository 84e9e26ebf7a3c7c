package org.peft4j.train.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.peft4j.error.PeftException;
import org.peft4j.train.internal.text.Utf8File;
import org.peft4j.transformers.tokenizer.Tokenizer;

/**
 * The tokens of a text in one run, to be cut into blocks.
 *
 * <pre>{@code
 * TextTokens text = TextTokens.read(Path.of("book.txt"), tokenizer);
 * TrainingData training = text.first(0.9).blocks(256);
 * TrainingData evaluation = text.after(0.9).blocks(256);
 * }</pre>
 */
public final class TextTokens {
  private final int[] ids;

  private TextTokens(int[] ids) {
    this.ids = ids;
  }

  /** Takes tokens as they are. */
  public static TextTokens of(int... ids) {
    return new TextTokens(ids.clone());
  }

  /**
   * Tokenises a whole UTF-8 file.
   *
   * @throws PeftException if the file cannot be read, is not UTF-8, or is larger than 1 GB
   */
  public static TextTokens read(Path file, TextEncoder encoder) {
    return new TextTokens(encoder.encode(Utf8File.read(file)));
  }

  /**
   * The same with a checkpoint's tokenizer, without tokens for beginning and end. A text longer
   * than {@link Tokenizer#longestText} goes through it in pieces that end with a line, if there is
   * one; the first token of a piece may then be another than in the whole.
   */
  public static TextTokens read(Path file, Tokenizer tokenizer) {
    return new TextTokens(
        TextPieces.of(Utf8File.read(file), tokenizer.longestText()).stream()
            .flatMapToInt(piece -> Arrays.stream(tokenizer.encode(piece, false)))
            .toArray());
  }

  /** The number of tokens. */
  public int count() {
    return ids.length;
  }

  /** The first {@code fraction} of the tokens, rounded down; above 0 and at most 1. */
  public TextTokens first(double fraction) {
    return new TextTokens(Arrays.copyOf(ids, cut(fraction)));
  }

  /** The tokens that {@link #first} leaves. */
  public TextTokens after(double fraction) {
    return new TextTokens(Arrays.copyOfRange(ids, cut(fraction), ids.length));
  }

  private int cut(double fraction) {
    return (int) Fraction.of(fraction, ids.length);
  }

  /**
   * Cuts the tokens into blocks in their order. A block that is not full at the end is left out,
   * unless it is the only one.
   *
   * @param length tokens a block, at least 2
   * @throws PeftException if the length is not allowed, or there are fewer than two tokens
   */
  public TrainingData blocks(int length) {
    if (length < 2) {
      throw new PeftException("The sequence length is " + length + "; allowed: 2 and above.");
    }
    int size = Math.min(length, ids.length);
    if (size < 2) {
      throw new PeftException(
          "The text has " + ids.length + " tokens; at least two are needed to predict one.");
    }
    List<TokenSequence> blocks = new ArrayList<>();
    for (int from = 0; from + size <= ids.length; from += size) {
      blocks.add(TokenSequence.of(Arrays.copyOfRange(ids, from, from + size)));
    }
    return TrainingData.of(blocks, 0);
  }
}
