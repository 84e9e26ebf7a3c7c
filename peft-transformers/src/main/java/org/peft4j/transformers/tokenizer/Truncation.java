package org.peft4j.transformers.tokenizer;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.peft4j.error.PeftException;

/**
 * Which tokens of an input each window has. The template's own tokens are in every one; what is cut
 * are the texts, as Hugging Face's tokenizers library does up to version 0.22. Later ones stop
 * after as many tokens as the limit, which loses windows.
 *
 * @param left whether the beginning of a text is cut, not its end
 */
record Truncation(TextLimit limit, boolean left) {
  /** A part of a text's tokens. */
  private record Range(int from, int to) {
    boolean has(int t) {
      return from <= t && t < to;
    }
  }

  /**
   * The tokens of each window, by their numbers.
   *
   * @param texts the text of each token: 0, 1, or −1 for the template's own
   * @param pair whether there are two texts
   * @throws PeftException if the limit leaves no room for the texts
   */
  List<int[]> windows(int[] texts, boolean pair) {
    if (texts.length <= limit.tokens()) {
      return List.of(IntStream.range(0, texts.length).toArray());
    }
    int first = count(texts, 0);
    int second = count(texts, 1);
    int own = texts.length - first - second;
    int room = limit.tokens() - own;
    if (room < 0) {
      throw new PeftException(
          "The limit is %d tokens, and the tokenizer puts %d around %s; allowed: %2$d or more."
              .formatted(limit.tokens(), own, pair ? "two texts" : "a text"));
    }
    OptionalInt stride = limit.stride();
    if (stride.isEmpty()) {
      int[] lengths = pair ? longestFirst(first, second, room) : new int[] {room, 0};
      return List.of(select(texts, kept(first, lengths[0]), kept(second, lengths[1])));
    }
    int cut = pair ? room - first : room;
    if (cut <= stride.getAsInt()) {
      throw new PeftException(
          "Windows of %d tokens have %s; the stride is %d, which must be less. Raise the limit, lower the stride%s."
              .formatted(
                  limit.tokens(),
                  pair
                      ? "room for %d of the second text, as the first has %d"
                          .formatted(Math.max(0, cut), first)
                      : "room for %d of the text".formatted(cut),
                  stride.getAsInt(),
                  pair ? ", or shorten the first text" : ""));
    }
    Range all = new Range(0, first);
    return ranges(pair ? second : first, cut, cut - stride.getAsInt()).stream()
        .map(range -> pair ? select(texts, all, range) : select(texts, range, new Range(0, 0)))
        .toList();
  }

  private static int count(int[] texts, int text) {
    return Math.toIntExact(IntStream.of(texts).filter(t -> t == text).count());
  }

  /** What is left of two texts where the longer one is cut first, then both alike. */
  private static int[] longestFirst(int first, int second, int room) {
    int less = Math.min(first, second);
    int more = less > room ? less : Math.max(less, room - less);
    if (less + more > room) {
      less = room / 2;
      more = less + room % 2;
    }
    return first <= second ? new int[] {less, more} : new int[] {more, less};
  }

  private Range kept(int length, int room) {
    int kept = Math.min(length, room);
    return left ? new Range(length - kept, length) : new Range(0, kept);
  }

  private List<Range> ranges(int length, int size, int step) {
    List<Range> ranges = new ArrayList<>();
    for (int moved = 0; ; moved += step) {
      Range range =
          left
              ? new Range(Math.max(0, length - moved - size), length - moved)
              : new Range(moved, Math.min(length, moved + size));
      ranges.add(range);
      if (left ? range.from() == 0 : range.to() == length) {
        return ranges;
      }
    }
  }

  private static int[] select(int[] texts, Range first, Range second) {
    List<Range> ranges = List.of(first, second);
    int[] seen = new int[2];
    return IntStream.range(0, texts.length)
        .filter(t -> texts[t] < 0 || ranges.get(texts[t]).has(seen[texts[t]]++))
        .toArray();
  }
}
