package org.peft4j.transformers.tokenizer;

/** Indices of Java's {@code char}s from those of code points, of which some have two. */
final class CharPlaces {
  /** The index of each code point, and the text's length behind the last. */
  private final int[] places;

  CharPlaces(String text) {
    places = new int[text.codePointCount(0, text.length()) + 1];
    for (int point = 1; point < places.length; point++) {
      places[point] = text.offsetByCodePoints(places[point - 1], 1);
    }
  }

  /** The index of a code point; the text's end for one that lies behind it. */
  int of(int point) {
    return places[Math.min(point, places.length - 1)];
  }
}
