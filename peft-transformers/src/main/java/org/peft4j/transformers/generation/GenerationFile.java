package org.peft4j.transformers.generation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.DoublePredicate;
import java.util.function.UnaryOperator;
import org.peft4j.error.PeftException;
import org.peft4j.internal.Quoted;
import org.peft4j.internal.json.JsonReader;

/**
 * What a checkpoint says about generation: {@code generation_config.json}, or where it is missing
 * the same fields of {@code config.json}, as {@code generate} of Hugging Face transformers takes
 * them. A field that is absent or null has its default.
 *
 * <pre>{@code
 * GenerationConfig config = GenerationFile.read(folder, own -> own.maxNewTokens(50));
 * }</pre>
 *
 * <p>A field that would change the text and is not supported is refused by name; {@link
 * UnsupportedFields} has them. Fields about speed and what else {@code generate} returns, and those
 * of beams where there are none, do not matter.
 */
public final class GenerationFile {
  private static final String NAME = "generation_config.json";
  private static final JsonReader JSON = JsonReader.upTo(1 << 20, 1 << 16);

  private final Path file;
  private final ObjectNode json;
  private final List<String> problems = new ArrayList<>();

  private GenerationFile(Path file) {
    this.file = file;
    json = JSON.readObject(file);
  }

  /**
   * The config of {@code generate} without arguments.
   *
   * @param folder a checkpoint
   * @throws PeftException if a value is impossible, or a field is not supported; names all of them
   */
  public static GenerationConfig read(Path folder) {
    return read(folder, UnaryOperator.identity());
  }

  /**
   * The config of {@code generate} with arguments.
   *
   * @param folder a checkpoint
   * @param own sets values that go before the file's
   * @throws PeftException if a value is impossible, or a field is not supported; names all of them
   */
  public static GenerationConfig read(Path folder, UnaryOperator<GenerationConfigBuilder> own) {
    Path file = folder.resolve(NAME);
    return new GenerationFile(Files.exists(file) ? file : folder.resolve("config.json")).read(own);
  }

  private GenerationConfig read(UnaryOperator<GenerationConfigBuilder> own) {
    GenerationConfigBuilder builder = GenerationConfig.builder();
    boolean sampling = flag("do_sample");
    builder.doSample(sampling);
    whole("max_length", 1).ifPresent(builder::maxLength);
    whole("max_new_tokens", 1).ifPresent(builder::maxNewTokens);
    if (sampling || !(json.path("temperature").asDouble(1) == 0)) {
      number("temperature", value -> value > 0, "above 0").ifPresent(builder::temperature);
    }
    whole("top_k", 0).ifPresent(builder::topK);
    number("top_p", value -> value > 0 && value <= 1, "above 0, at most 1")
        .ifPresent(builder::topP);
    number("repetition_penalty", value -> value > 0, "above 0")
        .ifPresent(builder::repetitionPenalty);
    number("min_p", value -> value >= 0 && value <= 1, "0 to 1").ifPresent(builder::minP);
    number("typical_p", value -> value > 0 && value <= 1, "above 0, at most 1")
        .ifPresent(builder::typicalP);
    ids("eos_token_id").ifPresent(builder::eosTokenIds);
    whole("pad_token_id", -1).filter(id -> id >= 0).ifPresent(builder::padTokenId);
    whole("decoder_start_token_id", 0).ifPresent(builder::decoderStartTokenId);
    rules(builder);
    beams(builder);
    GenerationConfigBuilder whole = own.apply(builder);
    problems.addAll(UnsupportedFields.in(json, whole.samples()));
    if (!problems.isEmpty()) {
      throw new PeftException(file + ": " + String.join(" ", problems));
    }
    return whole.build();
  }

  private void rules(GenerationConfigBuilder builder) {
    whole("min_length", 0).ifPresent(builder::minLength);
    whole("min_new_tokens", 0).ifPresent(builder::minNewTokens);
    whole("no_repeat_ngram_size", 0).ifPresent(builder::noRepeatNgramSize);
    whole("encoder_no_repeat_ngram_size", 0).ifPresent(builder::encoderNoRepeatNgramSize);
    number("encoder_repetition_penalty", value -> value > 0, "above 0")
        .ifPresent(builder::encoderRepetitionPenalty);
    badWords().ifPresent(builder::badWordsIds);
    ids("suppress_tokens").ifPresent(builder::suppressTokens);
    ids("begin_suppress_tokens").ifPresent(builder::beginSuppressTokens);
    whole("forced_bos_token_id", 0).ifPresent(builder::forcedBosTokenId);
    ids("forced_eos_token_id").ifPresent(builder::forcedEosTokenIds);
    stopStrings().ifPresent(builder::stopStrings);
  }

  private void beams(GenerationConfigBuilder builder) {
    whole("num_beams", 1).ifPresent(builder::numBeams);
    whole("num_return_sequences", 1).ifPresent(builder::numReturnSequences);
    number("length_penalty", Double::isFinite, "that is finite").ifPresent(builder::lengthPenalty);
    JsonNode early = json.path("early_stopping");
    if (early.isBoolean()) {
      builder.earlyStopping(early.booleanValue() ? EarlyStopping.YES : EarlyStopping.NO);
    } else if (early.asText().equals("never")) {
      builder.earlyStopping(EarlyStopping.NEVER);
    } else if (!absent(early)) {
      problem("early_stopping", early, "true, false or \"never\"");
    }
  }

  private Optional<List<List<Integer>>> badWords() {
    JsonNode node = json.path("bad_words_ids");
    List<List<Integer>> words = new ArrayList<>();
    for (JsonNode word : node) {
      List<Integer> ids = new ArrayList<>();
      for (JsonNode id : word) {
        if (id.isIntegralNumber() && id.canConvertToInt() && id.intValue() >= 0) {
          ids.add(id.intValue());
        }
      }
      if (!word.isArray() || ids.isEmpty() || ids.size() < word.size()) {
        problem("bad_words_ids", node, "a list of words, each a list of token ids");
        return Optional.empty();
      }
      words.add(ids);
    }
    if (!absent(node) && !node.isArray()) {
      problem("bad_words_ids", node, "a list of words, each a list of token ids");
    }
    return words.isEmpty() ? Optional.empty() : Optional.of(words);
  }

  private Optional<List<String>> stopStrings() {
    JsonNode node = json.path("stop_strings");
    List<String> texts = new ArrayList<>();
    for (JsonNode text : node.isArray() ? node : List.of(node)) {
      if (text.isTextual() && !text.textValue().isEmpty()) {
        texts.add(text.textValue());
      } else if (!absent(text)) {
        problem("stop_strings", node, "a text, or a list of them");
      }
    }
    return texts.isEmpty() ? Optional.empty() : Optional.of(texts);
  }

  /** An id or a list of them; −1 is none. */
  private Optional<List<Integer>> ids(String name) {
    JsonNode node = json.path(name);
    List<Integer> ids = new ArrayList<>();
    for (JsonNode id : node.isArray() ? node : List.of(node)) {
      if (id.isIntegralNumber() && id.canConvertToInt() && id.intValue() >= 0) {
        ids.add(id.intValue());
      } else if (!absent(id) && !(id.isIntegralNumber() && id.intValue() == -1)) {
        problem(name, node, "a token id, or a list of them");
      }
    }
    return ids.isEmpty() ? Optional.empty() : Optional.of(ids);
  }

  private boolean flag(String name) {
    JsonNode node = json.path(name);
    if (!absent(node) && !node.isBoolean()) {
      problem(name, node, "true or false");
    }
    return node.asBoolean();
  }

  private Optional<Integer> whole(String name, int least) {
    JsonNode node = json.path(name);
    if (absent(node)) {
      return Optional.empty();
    }
    if (!node.isIntegralNumber() || !node.canConvertToInt() || node.intValue() < least) {
      problem(name, node, "a whole number, " + least + " and above");
    }
    return Optional.of(node.asInt());
  }

  private Optional<Double> number(String name, DoublePredicate allowed, String text) {
    JsonNode node = json.path(name);
    if (absent(node)) {
      return Optional.empty();
    }
    if (!node.isNumber() || !allowed.test(node.doubleValue())) {
      problem(name, node, "a number " + text);
    }
    return Optional.of(node.asDouble());
  }

  private static boolean absent(JsonNode node) {
    return node.isMissingNode() || node.isNull();
  }

  private void problem(String name, JsonNode node, String allowed) {
    problems.add(name + " is " + Quoted.quoted(node.toString()) + "; allowed: " + allowed + ".");
  }
}
