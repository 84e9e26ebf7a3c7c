package org.peft4j.transformers.internal.tokenizer.rules;

import static org.peft4j.internal.Quoted.quoted;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.peft4j.error.PeftException;
import org.peft4j.internal.json.JsonReader;
import org.peft4j.internal.json.JsonText;

/**
 * What {@code tokenizer_config.json} says, and the older {@code special_tokens_map.json} and {@code
 * added_tokens.json}, which count where it has no {@code added_tokens_decoder}.
 *
 * @param json {@code tokenizer_config.json}
 * @param named the special tokens by name, as {@code eos_token}; empty where it says {@code null}
 * @param extra special tokens without a name, if they are given
 * @param additional those that count where there are no extra ones
 * @param added tokens by the id that they are said to have
 */
record TokenizerConfig(
    JsonNode json,
    Map<String, Optional<AddedToken>> named,
    Optional<List<AddedToken>> extra,
    Optional<List<AddedToken>> additional,
    TreeMap<Integer, AddedToken> added) {
  static final List<String> NAMES =
      List.of(
          "bos_token",
          "eos_token",
          "unk_token",
          "sep_token",
          "pad_token",
          "cls_token",
          "mask_token");

  private static final JsonReader JSON = JsonReader.upTo(1 << 26, 1 << 24);
  private static final String FILE = "tokenizer_config.json";

  /**
   * Reads the files of a folder.
   *
   * @param tokenizer the folder's {@code tokenizer.json}
   * @throws PeftException if they ask for what is not supported, with the field's name
   */
  static TokenizerConfig read(Path folder, JsonNode tokenizer) {
    JsonNode json = json(folder.resolve(FILE));
    refuse(json, folder.resolve(FILE));
    TreeMap<Integer, AddedToken> added = new TreeMap<>();
    JsonNode decoder = json.path("added_tokens_decoder");
    JsonNode map = MissingNode.getInstance();
    if (decoder.isMissingNode()) {
      map = json(folder.resolve("special_tokens_map.json"));
      for (JsonNode token : tokenizer.path("added_tokens")) {
        added.put(token.path("id").asInt(), AddedToken.read(token, "added_tokens"));
      }
    } else {
      for (Map.Entry<String, JsonNode> entry : decoder.properties()) {
        added.put(
            id(entry.getKey(), folder.resolve(FILE)),
            AddedToken.read(entry.getValue(), FILE + ": added_tokens_decoder"));
      }
    }
    Optional<List<AddedToken>> extra = extra(json, map);
    Optional<List<AddedToken>> additional =
        tokens(map, "additional_special_tokens")
            .or(() -> tokens(json, "additional_special_tokens"));
    Map<String, Optional<AddedToken>> named = named(json, map, added);
    if (decoder.isMissingNode()) {
      legacy(json(folder.resolve("added_tokens.json")), named, extra, added);
    }
    return new TokenizerConfig(json, named, extra, additional, added);
  }

  private static void refuse(JsonNode json, Path file) {
    for (String name : List.of("split_special_tokens", "fix_mistral_regex")) {
      if (json.path(name).asBoolean()) {
        throw new PeftException(
            file + " has " + name + " true, which is not supported; it would change token ids.");
      }
    }
    if (json.path("auto_map").has("AutoTokenizer") || json.path("auto_map").isArray()) {
      throw new PeftException(
          file
              + " has auto_map, code of its own for the tokenizer, which is never run. Save the"
              + " tokenizer with a class of transformers.");
    }
    for (String name : List.of("fast_tokenizer_files", "init_inputs")) {
      if (!json.path(name).isEmpty()) {
        throw new PeftException(file + " has " + name + ", which is not supported.");
      }
    }
  }

  private static JsonNode json(Path file) {
    return Files.exists(file) ? JSON.readObject(file) : MissingNode.getInstance();
  }

  private static int id(String text, Path file) {
    try {
      int id = Integer.parseInt(text);
      if (id >= 0 && id < Integer.MAX_VALUE) {
        return id;
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new PeftException(
        file + " has added_tokens_decoder with " + quoted(text) + "; allowed: ids, 0 to 2³¹ - 2.");
  }

  private static Map<String, Optional<AddedToken>> named(
      JsonNode json, JsonNode map, Map<Integer, AddedToken> added) {
    Map<String, Optional<AddedToken>> named = new LinkedHashMap<>();
    for (String name : NAMES) {
      JsonNode value = map.has(name) ? map.path(name) : json.path(name);
      if (value.isNull()) {
        named.put(name, Optional.empty());
      } else if (!value.isMissingNode()) {
        named.put(name, Optional.of(token(value, name, map.has(name), added)));
      }
    }
    for (JsonNode source : List.of(json, map)) {
      for (Map.Entry<String, JsonNode> entry : source.properties()) {
        String name = entry.getKey();
        if (name.endsWith("_token") && !NAMES.contains(name) && isToken(entry.getValue())) {
          named.put(name, Optional.of(token(entry.getValue(), name, true, added)));
        }
      }
    }
    for (Map.Entry<String, JsonNode> entry : json.path("extra_special_tokens").properties()) {
      named.put(entry.getKey(), Optional.of(token(entry.getValue(), entry.getKey(), true, added)));
    }
    return named;
  }

  private static boolean isToken(JsonNode value) {
    return value.isTextual() || value.path("content").isTextual();
  }

  private static AddedToken token(
      JsonNode value, String name, boolean special, Map<Integer, AddedToken> added) {
    AddedToken token;
    if (value.isTextual()) {
      token = AddedToken.special(value.textValue());
    } else {
      token = AddedToken.read(value, FILE + ": " + name);
      token = special ? token.asSpecial() : token;
    }
    String content = token.content();
    return added.values().stream()
        .filter(known -> known.content().equals(content))
        .reduce((first, second) -> second)
        .orElse(token);
  }

  /**
   * {@code extra_special_tokens}, or {@code additional_special_tokens} where the config has none;
   * the older file's are added to the first, and hidden by either.
   */
  private static Optional<List<AddedToken>> extra(JsonNode json, JsonNode map) {
    Optional<List<AddedToken>> extra = tokens(json, "extra_special_tokens");
    if (json.path("extra_special_tokens").isEmpty()) {
      extra =
          tokens(json, "additional_special_tokens").or(() -> tokens(json, "extra_special_tokens"));
    }
    Optional<List<AddedToken>> more = tokens(map, "extra_special_tokens");
    if (more.isPresent()) {
      List<AddedToken> all = new ArrayList<>(extra.orElse(List.of()));
      all.addAll(more.get());
      return Optional.of(all);
    }
    return extra;
  }

  private static Optional<List<AddedToken>> tokens(JsonNode source, String name) {
    if (!source.path(name).isArray()) {
      return Optional.empty();
    }
    List<AddedToken> tokens = new ArrayList<>();
    for (JsonNode value : source.path(name)) {
      tokens.add(
          value.isTextual()
              ? AddedToken.special(value.textValue())
              : AddedToken.read(value, FILE + ": " + name));
    }
    return Optional.of(tokens);
  }

  private static void legacy(
      JsonNode ids,
      Map<String, Optional<AddedToken>> named,
      Optional<List<AddedToken>> extra,
      Map<Integer, AddedToken> added) {
    for (Map.Entry<String, JsonNode> entry : ids.properties()) {
      if (!entry.getValue().canConvertToInt() || added.containsKey(entry.getValue().asInt())) {
        continue;
      }
      String content = entry.getKey();
      boolean special =
          Stream.concat(
                  NAMES.stream()
                      .flatMap(name -> named.getOrDefault(name, Optional.empty()).stream()),
                  extra.orElse(List.of()).stream())
              .anyMatch(token -> token.content().equals(content));
      added.put(
          entry.getValue().asInt(),
          special ? AddedToken.special(content) : AddedToken.plain(content));
    }
  }

  /** The side of a long text that is cut: the config's, or else that of {@code tokenizer.json}. */
  boolean truncatesLeft(JsonNode tokenizer) {
    JsonNode side = json.path("truncation_side");
    if (side.isMissingNode() || side.isNull()) {
      return tokenizer.path("truncation").path("direction").asText().equals("Left");
    }
    if (!side.asText().equals("left") && !side.asText().equals("right")) {
      throw new PeftException(
          FILE + " has truncation_side " + JsonText.shown(side) + "; allowed: left or right.");
    }
    return side.asText().equals("left");
  }

  /** Where there is no limit, files have numbers such as 10³⁰. */
  OptionalInt longestInput() {
    JsonNode most = json.path("model_max_length");
    return most.canConvertToInt() && most.intValue() > 0
        ? OptionalInt.of(most.intValue())
        : OptionalInt.empty();
  }

  /**
   * Whether a model is given types of tokens.
   *
   * @param otherwise whether the class does so by itself
   */
  boolean givesTypes(boolean otherwise) {
    JsonNode names = json.path("model_input_names");
    if (!names.isArray()) {
      return otherwise;
    }
    return StreamSupport.stream(names.spliterator(), false)
        .anyMatch(name -> name.asText().equals("token_type_ids"));
  }

  boolean has(String name) {
    return !json.path(name).isMissingNode() && !json.path(name).isNull();
  }

  boolean flag(String name, boolean otherwise) {
    JsonNode value = json.path(name);
    if (value.isMissingNode() || value.isNull()) {
      return otherwise;
    }
    if (!value.isBoolean()) {
      throw new PeftException(
          FILE + " has " + name + " " + JsonText.shown(value) + "; allowed: true or false.");
    }
    return value.booleanValue();
  }
}
