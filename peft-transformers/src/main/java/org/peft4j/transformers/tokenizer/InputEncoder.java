package org.peft4j.transformers.tokenizer;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.internal.tokenizer.NativeEncoding;
import org.peft4j.transformers.internal.tokenizer.NativeTokenizer;

/** From an input to the tokens of its windows, each with its place. */
record InputEncoder(NativeTokenizer tokenizer, Truncation truncation) {

  List<EncodedText> encode(TextInput input) {
    NativeEncoding whole;
    List<String> texts;
    if (input instanceof TextInput.Pair pair) {
      whole = tokenizer.encode(pair.first(), pair.second());
      texts = List.of(pair.first(), pair.second());
    } else if (input instanceof TextInput.Words words) {
      whole = tokenizer.encode(words.words());
      texts = words.words();
    } else {
      String text = ((TextInput.Text) input).text();
      whole = tokenizer.encode(text);
      texts = List.of(text);
    }
    requireEachTextOnce(whole);
    List<CharPlaces> places = texts.stream().map(CharPlaces::new).toList();
    boolean words = input instanceof TextInput.Words;
    return truncation.windows(whole.texts(), input instanceof TextInput.Pair).stream()
        .map(window -> window(window, whole, places, words))
        .toList();
  }

  /** A text that stands in a template twice is counted once by the library. */
  private static void requireEachTextOnce(NativeEncoding whole) {
    for (int t = 0; t < whole.length(); t++) {
      if (whole.texts()[t] < 0 && whole.words()[t] >= 0) {
        throw new PeftException(
            "The template of the tokenizer's post_processor has a text twice; allowed: the"
                + " sequences A and B once each.");
      }
    }
  }

  private static EncodedText window(
      int[] window, NativeEncoding whole, List<CharPlaces> places, boolean words) {
    return new EncodedText(
        IntStream.of(window).mapToObj(t -> token(t, whole, places, words)).toList());
  }

  private static EncodedToken token(
      int t, NativeEncoding whole, List<CharPlaces> places, boolean words) {
    Optional<TokenPlace> place = Optional.empty();
    if (whole.texts()[t] >= 0) {
      CharPlaces text = places.get(words ? whole.words()[t] : whole.texts()[t]);
      place =
          Optional.of(
              new TokenPlace(
                  whole.texts()[t],
                  text.of(whole.begins()[t]),
                  text.of(whole.ends()[t]),
                  whole.words()[t]));
    }
    return new EncodedToken(whole.ids()[t], whole.types()[t], place);
  }
}
