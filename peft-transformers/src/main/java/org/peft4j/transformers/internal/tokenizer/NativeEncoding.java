package org.peft4j.transformers.internal.tokenizer;

import ai.djl.huggingface.tokenizers.jni.CharSpan;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What the library says of each token of an input.
 *
 * @param types the numbers that the template gives its parts
 * @param texts 0 for the first text, 1 for the second, −1 for what the template puts around them
 * @param words the word that it is of, −1 for none
 * @param begins the code point of its text, or of its word where words were given, at which it
 *     begins; the library gives bytes where a token of nothing stands behind the last one
 * @param ends the code point behind its last
 */
public record NativeEncoding(
    int[] ids, int[] types, int[] texts, int[] words, int[] begins, int[] ends) {

  /** Reads an encoding of the library. */
  static NativeEncoding read(long handle) {
    TokenizersLibrary library = TokenizersLibrary.LIB;
    @Nullable CharSpan[] spans = library.getTokenCharSpans(handle);
    int[] texts = numbers(library.getSequenceIds(handle));
    int[] words = numbers(library.getWordIds(handle));
    // A second template takes what the first one put there for a part of the text.
    IntStream.range(0, words.length).filter(t -> words[t] < 0).forEach(t -> texts[t] = -1);
    return new NativeEncoding(
        numbers(library.getTokenIds(handle)),
        numbers(library.getTypeIds(handle)),
        texts,
        words,
        Arrays.stream(spans).mapToInt(span -> span == null ? 0 : span.getStart()).toArray(),
        Arrays.stream(spans).mapToInt(span -> span == null ? 0 : span.getEnd()).toArray());
  }

  private static int[] numbers(long[] numbers) {
    return Arrays.stream(numbers).mapToInt(Math::toIntExact).toArray();
  }

  /** The number of tokens. */
  public int length() {
    return ids.length;
  }
}
