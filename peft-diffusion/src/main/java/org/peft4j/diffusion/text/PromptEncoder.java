package org.peft4j.diffusion.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;
import org.peft4j.internal.Quoted;
import org.peft4j.internal.json.JsonReader;
import org.peft4j.transformers.Encoder;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.tokenizer.TextInput;
import org.peft4j.transformers.tokenizer.TextLimit;
import org.peft4j.transformers.tokenizer.Tokenizer;

/**
 * The text side of Stable Diffusion: a prompt's tokens, cut or padded to the length of CLIP's text
 * encoder, and its last hidden states, which a UNet reads. Padding is read as other tokens are: so
 * the models were trained.
 */
public final class PromptEncoder implements AutoCloseable {
  private static final JsonReader JSON = JsonReader.upTo(1 << 20, 1 << 18);

  private final Encoder encoder;
  private final Tokenizer tokenizer;
  private final int padding;

  private PromptEncoder(Encoder encoder, Tokenizer tokenizer, int padding) {
    this.encoder = encoder;
    this.tokenizer = tokenizer;
    this.padding = padding;
  }

  /**
   * Loads {@code text_encoder/} and {@code tokenizer/} of a model's folder.
   *
   * @throws PeftException if one is missing, broken or not supported
   */
  public static PromptEncoder load(Path folder) {
    Path own = folder.resolve("tokenizer");
    Tokenizer tokenizer = ClipTokenizerFile.load(own);
    try {
      int padding = padding(own, tokenizer);
      return new PromptEncoder(
          Transformers.loadEncoder(folder.resolve("text_encoder")), tokenizer, padding);
    } catch (RuntimeException e) {
      tokenizer.close();
      throw e;
    }
  }

  /** {@code pad_token} of the tokenizer's files; the end of a text where they have none. */
  private static int padding(Path folder, Tokenizer tokenizer) {
    int end = tokenizer.endOfText().isEmpty() ? last(tokenizer) : tokenizer.endOfText().get(0);
    for (String name : List.of("tokenizer_config.json", "special_tokens_map.json")) {
      Path file = folder.resolve(name);
      Optional<String> token =
          Files.exists(file) ? text(JSON.readObject(file).path("pad_token")) : Optional.empty();
      if (token.isPresent()) {
        return token.get().equals("<|endoftext|>") ? end : id(folder, token.get());
      }
    }
    return end;
  }

  /** The last token of an empty text is what ends it. */
  private static int last(Tokenizer tokenizer) {
    int[] empty = tokenizer.encode("", true);
    return empty[empty.length - 1];
  }

  private static Optional<String> text(JsonNode token) {
    JsonNode content = token.isObject() ? token.path("content") : token;
    return content.isTextual() ? Optional.of(content.textValue()) : Optional.empty();
  }

  private static int id(Path folder, String token) {
    Path vocabulary = folder.resolve("vocab.json");
    JsonNode id =
        Files.exists(vocabulary)
            ? JsonReader.upTo(1 << 25, 1 << 20).readObject(vocabulary).path(token)
            : JsonReader.upTo(1 << 27, 1 << 20)
                .readObject(folder.resolve("tokenizer.json"))
                .path("model")
                .path("vocab")
                .path(token);
    if (!id.isInt()) {
      throw new PeftException(
          "The pad_token " + Quoted.quoted(token) + " of " + folder + " is not in its vocabulary.");
    }
    return id.intValue();
  }

  /** The text encoder, which adapters may go on. */
  public Encoder encoder() {
    return encoder;
  }

  /** The number of tokens of each prompt. */
  public int length() {
    return encoder.architecture().maxPositions();
  }

  /** A prompt's ids: begin, text, end, padding. */
  int[] ids(String prompt) {
    int[] own = tokenizer.encode(TextInput.of(prompt), TextLimit.of(length())).get(0).ids();
    int[] ids = Arrays.copyOf(own, length());
    Arrays.fill(ids, own.length, ids.length, padding);
    return ids;
  }

  /**
   * The states of prompts, with the adapters of the text encoder; of an empty one for what guidance
   * goes away from.
   *
   * @return [prompts, {@link #length}, width]
   */
  public INDArray states(List<String> prompts) {
    return encoder.network().output(false, new INDArray[] {ids(prompts)}, null)[0].dup('c');
  }

  /** The ids of prompts, [prompts, {@link #length}]: begin, text, end, padding. */
  public INDArray ids(List<String> prompts) {
    return Nd4j.createFromArray(prompts.stream().map(this::ids).toArray(int[][]::new));
  }

  @Override
  public void close() {
    tokenizer.close();
    encoder.close();
  }
}
