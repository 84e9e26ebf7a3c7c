package org.peft4j.transformers.internal.predict;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.transformers.tokenizer.EncodedText;
import org.peft4j.transformers.tokenizer.TokenPlace;

/**
 * The logits of each piece of a text that was read in windows. A piece that is in several has those
 * of the window in which it is farthest from both ends.
 */
final class PieceLogits {
  /** A piece and its logits. */
  record Piece(TokenPlace place, double[] logits) {}

  private final List<Piece> pieces = new ArrayList<>();
  private final List<Integer> contexts = new ArrayList<>();

  /**
   * Adds a window.
   *
   * @param logits [time, outputs]
   */
  void add(EncodedText window, INDArray logits) {
    double[][] rows = logits.toDoubleMatrix();
    int[] own =
        IntStream.range(0, window.length())
            .filter(t -> !window.tokens().get(t).special())
            .toArray();
    for (int i = 0; i < own.length; i++) {
      TokenPlace place = window.tokens().get(own[i]).place().orElseThrow();
      put(new Piece(place, rows[own[i]]), Math.min(i, own.length - 1 - i));
    }
  }

  private void put(Piece piece, int context) {
    int number = piece.place().number();
    while (pieces.size() <= number) {
      pieces.add(piece);
      contexts.add(-1);
    }
    if (context > contexts.get(number)) {
      pieces.set(number, piece);
      contexts.set(number, context);
    }
  }

  /** All pieces in their order. */
  List<Piece> all() {
    return List.copyOf(pieces);
  }

  /** Empty ones for so many texts. */
  static PieceLogits[] of(int texts) {
    PieceLogits[] all = new PieceLogits[texts];
    Arrays.setAll(all, i -> new PieceLogits());
    return all;
  }
}
