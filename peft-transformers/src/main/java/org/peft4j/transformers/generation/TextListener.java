package org.peft4j.transformers.generation;

import java.util.List;
import org.peft4j.transformers.tokenizer.Tokenizer;

/**
 * Passes on text as it is generated, in whole characters:
 *
 * <pre>{@code
 * generator.generate(prompts, config, TextListener.of(tokenizer, prompts, (row, text) -> show(text)));
 * }</pre>
 */
public final class TextListener implements TokenListener {

  /** Takes a piece of text. */
  @FunctionalInterface
  public interface Pieces {
    /**
     * Takes the text that follows the row's last piece.
     *
     * @param row the index of the prompt
     */
    void piece(int row, String text);
  }

  private final List<RowText> rows;
  private final Pieces pieces;

  private TextListener(List<RowText> rows, Pieces pieces) {
    this.rows = rows;
    this.pieces = pieces;
  }

  /** A listener for one call of {@code generate} with these prompts. */
  public static TextListener of(Tokenizer tokenizer, List<int[]> prompts, Pieces pieces) {
    return new TextListener(
        prompts.stream().map(prompt -> new RowText(tokenizer, prompt)).toList(), pieces);
  }

  @Override
  public void token(int row, int id) {
    RowText text = rows.get(row);
    text.add(id);
    String next = text.next();
    if (!next.isEmpty()) {
      pieces.piece(row, next);
    }
  }
}
