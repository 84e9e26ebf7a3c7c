package org.peft4j.transformers.tokenizer;

import java.util.ArrayList;
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
    requireEachTextOnce(whole, input instanceof TextInput.Pair ? 2 : 1);
    List<CharPlaces> places = texts.stream().map(CharPlaces::new).toList();
    List<EncodedToken> tokens = tokens(whole, places, input instanceof TextInput.Words);
    return truncation.windows(whole.texts(), input instanceof TextInput.Pair).stream()
        .map(window -> new EncodedText(IntStream.of(window).mapToObj(tokens::get).toList()))
        .toList();
  }

  /**
   * A text that stands in a template twice is counted once by the library, and steps behind a
   * template count its pieces as texts.
   */
  private static void requireEachTextOnce(NativeEncoding whole, int texts) {
    for (int t = 0; t < whole.length(); t++) {
      if (whole.words()[t] >= 0 && (whole.texts()[t] < 0 || whole.texts()[t] >= texts)) {
        throw new PeftException(
            "The tokenizer's post_processor does not say of which text a token is; allowed: one"
                + " template, as the last step, with the sequences A and B once each.");
      }
    }
  }

  private static List<EncodedToken> tokens(
      NativeEncoding whole, List<CharPlaces> places, boolean words) {
    List<EncodedToken> tokens = new ArrayList<>();
    int[] seen = new int[2];
    for (int t = 0; t < whole.length(); t++) {
      Optional<TokenPlace> place = Optional.empty();
      int of = whole.texts()[t];
      if (of >= 0) {
        CharPlaces text = places.get(words ? whole.words()[t] : of);
        int begin = text.of(whole.begins()[t]);
        int end = text.of(whole.ends()[t]);
        place = Optional.of(new TokenPlace(of, seen[of]++, begin, end, whole.words()[t]));
      }
      tokens.add(new EncodedToken(whole.ids()[t], whole.types()[t], place));
    }
    return tokens;
  }
}
