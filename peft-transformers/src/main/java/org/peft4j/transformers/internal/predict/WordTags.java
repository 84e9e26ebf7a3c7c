package org.peft4j.transformers.internal.predict;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.peft4j.transformers.config.Labels;
import org.peft4j.transformers.internal.predict.PieceLogits.Piece;
import org.peft4j.transformers.prediction.PredictionOptions;
import org.peft4j.transformers.prediction.TaggedWord;
import org.peft4j.transformers.prediction.TaggedWords;
import org.peft4j.transformers.tokenizer.EncodedText;
import org.peft4j.transformers.tokenizer.TextInput;
import org.peft4j.transformers.tokenizer.TextLimit;

/**
 * Tags of words.
 *
 * @param eachPiece whether each piece is a word of its own
 */
public record WordTags(TextBatches batches, Labels labels, boolean eachPiece) {
  private static final String OUTSIDE = "O";

  /** A window of an input. */
  private record Window(int input, EncodedText text) {}

  /** The words of each input with their tags. */
  public List<TaggedWords> of(List<? extends TextInput> inputs, PredictionOptions options) {
    int longest = batches.longestInput(options);
    TextLimit limit = TextLimit.windows(longest, longest / 4);
    List<Window> windows = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      for (EncodedText window : batches.tokenizer().encode(inputs.get(i), limit)) {
        // Without a token there is no word to tag.
        if (window.tokens().stream().anyMatch(token -> !token.special())) {
          windows.add(new Window(i, window));
        }
      }
    }
    PieceLogits[] logits = PieceLogits.of(inputs.size());
    batches.run(
        windows.stream().map(Window::text).toList(),
        options.batchSize(),
        (numbers, output, mask) -> {
          for (int row = 0; row < numbers.length; row++) {
            Window window = windows.get(numbers[row]);
            logits[window.input()].add(window.text(), output.slice(row));
          }
        });
    return IntStream.range(0, inputs.size())
        .mapToObj(i -> tagged(inputs.get(i), logits[i].all()))
        .toList();
  }

  private TaggedWords tagged(TextInput input, List<Piece> pieces) {
    return input instanceof TextInput.Words words
        ? ofWords(words.words(), pieces)
        : ofText(((TextInput.Text) input).text(), pieces);
  }

  private TaggedWords ofWords(List<String> words, List<Piece> pieces) {
    List<TaggedWord> tagged = new ArrayList<>();
    int begin = 0;
    for (int i = 0; i < words.size(); i++) {
      int word = i;
      String text = words.get(i);
      int end = begin + text.length();
      int from = begin;
      tagged.add(
          pieces.stream()
              .filter(piece -> piece.place().word() == word)
              .findFirst()
              .map(piece -> tagged(text, from, end, piece))
              .orElseGet(() -> new TaggedWord(text, from, end, OUTSIDE, 0)));
      begin = end + 1;
    }
    return new TaggedWords(String.join(" ", words), tagged);
  }

  private TaggedWords ofText(String text, List<Piece> pieces) {
    List<TaggedWord> words = new ArrayList<>();
    int first = 0;
    for (int i = 1; i <= pieces.size(); i++) {
      if (i == pieces.size() || begins(text, pieces.get(first), pieces.get(i - 1), pieces.get(i))) {
        int begin = pieces.get(first).place().begin();
        int end = Math.max(begin, pieces.get(i - 1).place().end());
        while (begin < end && Character.isWhitespace(text.charAt(begin))) {
          begin++;
        }
        if (begin < end || eachPiece) {
          words.add(tagged(text.substring(begin, end), begin, end, pieces.get(first)));
        }
        first = i;
      }
    }
    return new TaggedWords(text, words);
  }

  /**
   * Whether a piece begins another word: the tokenizer's, where it marks pieces that go on, and
   * otherwise one behind a space.
   */
  private boolean begins(String text, Piece first, Piece last, Piece piece) {
    if (eachPiece) {
      return true;
    }
    if (batches.tokenizer().marksPieces()) {
      return piece.place().word() != last.place().word();
    }
    int begin = piece.place().begin();
    return begin > first.place().begin()
        && (Character.isWhitespace(text.charAt(begin - 1))
            || begin < text.length() && Character.isWhitespace(text.charAt(begin)));
  }

  private TaggedWord tagged(String text, int begin, int end, Piece piece) {
    double[] scores = Probabilities.softmax(piece.logits());
    int best = Probabilities.highest(scores);
    return new TaggedWord(text, begin, end, labels.names().get(best), scores[best]);
  }
}
