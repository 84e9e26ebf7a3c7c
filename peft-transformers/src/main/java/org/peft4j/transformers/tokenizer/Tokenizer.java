package org.peft4j.transformers.tokenizer;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.config.TextLanguages;
import org.peft4j.transformers.internal.tokenizer.NativeTokenizer;
import org.peft4j.transformers.internal.tokenizer.check.WholeText;
import org.peft4j.transformers.internal.tokenizer.rules.TokenizerDescription;

/**
 * The tokenizer of a checkpoint folder, with the ids of transformers 5's {@code AutoTokenizer}: its
 * {@code tokenizer.json}, with what {@code tokenizer_config.json} changes, run by Hugging Face's
 * own library. Nothing is sent or downloaded.
 *
 * <p>The files are untrusted. What the library could not stand is refused before it sees it: kinds,
 * fields and expressions that are not known to end well, and texts that are too long for them.
 *
 * <p>Safe for use by several threads.
 */
public final class Tokenizer implements AutoCloseable {
  private final NativeTokenizer tokenizer;
  private final TokenizerDescription description;
  private final ModelTokens model;

  private Tokenizer(
      NativeTokenizer tokenizer, TokenizerDescription description, ModelTokens model) {
    this.tokenizer = tokenizer;
    this.description = description;
    this.model = model;
  }

  /**
   * Loads {@code folder/tokenizer.json}, with {@code tokenizer_config.json}, {@code config.json}
   * and {@code generation_config.json} where they are there.
   *
   * @throws PeftException if there is no tokenizer.json, a file is broken, or it asks for what is
   *     not supported: with the name of the field
   */
  public static Tokenizer load(Path folder) {
    return load(folder, folder);
  }

  /**
   * The same of a tokenizer that is not in its model's folder, but beside an adapter.
   *
   * @param folder of the tokenizer
   * @param modelFolder with {@code config.json} and {@code generation_config.json}, where they are
   *     there
   * @throws PeftException as {@link #load(Path)} does
   */
  public static Tokenizer load(Path folder, Path modelFolder) {
    if (!Files.exists(folder.resolve("tokenizer.json"))) {
      throw new PeftException(
          folder
              + " has no tokenizer.json. A \"fast\" tokenizer is needed; save_pretrained of one"
              + " writes it.");
    }
    TokenizerDescription description = TokenizerDescription.read(folder, modelFolder);
    ModelTokens model = ModelTokens.read(modelFolder);
    NativeTokenizer tokenizer = NativeTokenizer.of(description.json().toString());
    return new Tokenizer(tokenizer, description, model);
  }

  /**
   * The ids of {@code text}. A text that begins with the begin-of-text marker gets that token once,
   * not twice as in Python.
   *
   * @param addSpecialTokens whether to add what the tokenizer puts around a text, such as a token
   *     for its beginning
   * @throws PeftException if the text has more than {@link #longestText} characters, half of a
   *     surrogate pair, or a character for which there is no token
   */
  public int[] encode(String text, boolean addSpecialTokens) {
    WholeText.require(text, "The text");
    requireNotTooLong(text.length());
    int[] ids = tokenizer.encode(text, addSpecialTokens);
    return addSpecialTokens && beginsTwice(text, ids)
        ? Arrays.copyOfRange(ids, 1, ids.length)
        : ids;
  }

  /**
   * The tokens of an input, with the types, places and words of Hugging Face transformers. One
   * encoding, unless the limit asks for windows; those come in their order, or from the end on
   * where {@code truncation_side} is {@code left}, which cuts a text at its beginning.
   *
   * <p>A text that begins with the begin-of-text marker gets that token once, not twice as in
   * Python.
   *
   * @throws PeftException if the texts have more than {@link #longestText} characters together, or
   *     one for which there is no token, or if the limit leaves no room for them
   */
  public List<EncodedText> encode(TextInput input, TextLimit limit) {
    requireNotTooLong(characters(input));
    boolean left = description.truncatesLeft();
    List<EncodedText> windows =
        new InputEncoder(tokenizer, new Truncation(limit, left)).encode(input);
    if (input instanceof TextInput.Text text && beginsTwice(text.text(), windows.get(0).ids())) {
      List<EncodedToken> tokens = windows.get(0).tokens();
      List<EncodedText> shorter = new ArrayList<>(windows);
      shorter.set(0, new EncodedText(tokens.subList(1, tokens.size())));
      return shorter;
    }
    return windows;
  }

  private static long characters(TextInput input) {
    if (input instanceof TextInput.Pair pair) {
      return (long) pair.first().length() + pair.second().length();
    }
    return input instanceof TextInput.Words words
        ? words.words().stream().mapToLong(String::length).sum()
        : ((TextInput.Text) input).text().length();
  }

  private void requireNotTooLong(long characters) {
    if (characters > longestText()) {
      throw new PeftException(
          "The text has %,d characters; this tokenizer takes up to %,d at once, as its expressions may fail on more. Split the text, or tokenise it into safetensors."
              .formatted(characters, longestText()));
    }
  }

  private boolean beginsTwice(String text, int[] ids) {
    OptionalInt begin = description.id("bos_token");
    return begin.isPresent()
        && ids.length > 1
        && ids[0] == begin.getAsInt()
        && ids[1] == begin.getAsInt()
        && text.startsWith(description.named().getOrDefault("bos_token", ""));
  }

  /** The text of {@code ids}, with or without special tokens. Ids without a token are left out. */
  public String decode(int[] ids, boolean skipSpecialTokens) {
    String text = tokenizer.decode(ids, skipSpecialTokens);
    return description.cleansUp() ? Cleanup.of(text) : text;
  }

  /** The most characters that {@link #encode} takes: hundreds of thousands, as a rule. */
  public int longestText() {
    return description.longestText();
  }

  /** The most tokens of an input that {@code model_max_length} tells, if it does. */
  public OptionalInt longestInput() {
    return description.longestInput();
  }

  /**
   * Whether Hugging Face's tokenizer gives types of tokens to a model ({@code model_input_names}):
   * where it does not, all are 0.
   */
  public boolean givesTypes() {
    return description.givesTypes();
  }

  /** The languages that its texts may be in, each with a token; empty but for mBART's classes. */
  public Optional<TextLanguages> languages() {
    return description.languages();
  }

  /** Whether pieces that go on within a word are marked, as {@code ##ing} in BERT. */
  public boolean marksPieces() {
    return description.marksPieces();
  }

  /** One more than the largest id. */
  public int vocabularySize() {
    return description.ids().values().stream().mapToInt(Integer::intValue).max().orElse(-1) + 1;
  }

  /**
   * The texts of special tokens by their names, as {@code bos_token} and {@code eos_token}: what a
   * chat template writes.
   */
  public Map<String, String> specialTokens() {
    return Collections.unmodifiableMap(description.named());
  }

  /** The token that begins a text, if there is one: the tokenizer's, or else the model's. */
  public OptionalInt beginOfText() {
    return ownOrModels("bos_token");
  }

  /**
   * The tokens that end a text; any of them does. The tokenizer's own {@code eos_token} comes
   * first, then those of {@code config.json} and {@code generation_config.json}.
   */
  public List<Integer> endOfText() {
    Set<Integer> ids = new LinkedHashSet<>();
    description.id("eos_token").ifPresent(ids::add);
    ids.addAll(model.ids("eos_token_id"));
    return List.copyOf(ids);
  }

  /**
   * The token that fills up shorter texts, if there is one: the tokenizer's, or else the model's.
   *
   * @throws PeftException if the model's vocabulary does not have it
   */
  public OptionalInt padding() {
    OptionalInt padding = ownOrModels("pad_token");
    OptionalInt size = model.vocabularySize();
    if (padding.isPresent() && size.isPresent() && padding.getAsInt() >= size.getAsInt()) {
      throw new PeftException(
          "The padding token has id %d, but the model's vocabulary ends at %d. Name another pad_token in tokenizer_config.json, such as the eos_token, or resize the model's embeddings."
              .formatted(padding.getAsInt(), size.getAsInt() - 1));
    }
    return padding;
  }

  private OptionalInt ownOrModels(String name) {
    OptionalInt own = description.id(name);
    return own.isPresent()
        ? own
        : model.ids(name + "_id").stream().mapToInt(Integer::intValue).findFirst();
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
