package org.peft4j.transformers.internal.tokenizer.rules;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.peft4j.error.PeftException;
import org.peft4j.internal.json.JsonReader;
import org.peft4j.transformers.config.TextLanguages;
import org.peft4j.transformers.internal.tokenizer.check.TokenizerCheck;

/**
 * A checkpoint's tokenizer as transformers 5 would run it, checked.
 *
 * @param json in the form of a {@code tokenizer.json}
 * @param ids of all tokens by their texts
 * @param named the texts of special tokens by name, as {@code eos_token}
 * @param longestText the most characters of a text
 * @param cleansUp whether decoding takes away spaces before punctuation
 * @param longestInput the most tokens of an input, if the config says it
 * @param givesTypes whether the types of tokens are given to a model
 * @param truncatesLeft whether a text that is too long loses its beginning, not its end
 * @param languages those that its texts may be in, each with a token: mBART's
 */
public record TokenizerDescription(
    ObjectNode json,
    Map<String, Integer> ids,
    Map<String, String> named,
    int longestText,
    boolean cleansUp,
    OptionalInt longestInput,
    boolean givesTypes,
    boolean truncatesLeft,
    Optional<TextLanguages> languages) {
  /** The largest vocabularies take some 40 MB. */
  private static final JsonReader JSON = JsonReader.upTo(1 << 28, 1 << 24);

  /**
   * Reads a folder with a {@code tokenizer.json}.
   *
   * @param model the folder of {@code config.json}
   * @throws PeftException if a file is broken, or asks for what is not supported
   */
  public static TokenizerDescription read(Path folder, Path model) {
    Path path = folder.resolve("tokenizer.json");
    ObjectNode file = JSON.readObject(path);
    withType(file);
    TokenizerCheck.longestText(file, path + ":");
    JsonNode configJson = json(model.resolve("config.json"));
    TokenizerConfig config = TokenizerConfig.read(folder, file);
    TokenizerClass kind = TokenizerClass.of(configJson, config.json());
    Map<String, AddedToken> named = named(kind, config, file);
    List<AddedToken> extra = extra(kind, config);
    AddedVocabulary added = new AddedVocabulary(vocabulary(file));
    if (kind == TokenizerClass.AS_IS) {
      file.path("added_tokens").forEach(token -> added.add(AddedToken.read(token, "added_tokens")));
    }
    ClassRules.apply(
        kind, file, config, named.containsKey("unk_token") ? named.get("unk_token").content() : "");
    add(added, config, named, extra);
    if (kind == TokenizerClass.QWEN2) {
      Stream.concat(named.values().stream(), extra.stream())
          .forEach(token -> added.add(AddedToken.special(token.content())));
    }
    boolean left = config.truncatesLeft(file);
    file.set("added_tokens", added.json());
    file.putNull("truncation");
    file.putNull("padding");
    Map<String, Integer> ids = added.allIds();
    Map<String, AddedToken> around = new LinkedHashMap<>(named);
    if (!LanguageCodes.of(kind).isEmpty()) {
      around.put("src_lang", AddedToken.special(LanguageCodes.source(config, ids)));
    }
    new Templates(kind, around, ids).apply(file, config);
    boolean bytePairs = file.path("model").path("type").asText().equals("BPE");
    Map<String, String> names = new LinkedHashMap<>();
    named.forEach((name, token) -> names.put(name, token.content()));
    return new TokenizerDescription(
        file,
        ids,
        names,
        TokenizerCheck.longestText(file, path + ":"),
        !bytePairs && config.flag("clean_up_tokenization_spaces", false),
        config.longestInput(),
        config.givesTypes(TokenizerClass.givesTypes(configJson, config.json())),
        left,
        LanguageCodes.read(kind, config, ids, id(names, ids, "eos_token")));
  }

  private static JsonNode json(Path file) {
    return Files.exists(file) ? JSON.readObject(file) : MissingNode.getInstance();
  }

  /** Files of old leave out the model's type. */
  private static void withType(ObjectNode file) {
    if (file.path("model") instanceof ObjectNode model && !model.has("type")) {
      if (model.has("merges")) {
        model.put("type", "BPE");
      } else if (model.path("vocab").isArray()) {
        model.put("type", "Unigram");
      } else if (model.has("max_input_chars_per_word")) {
        model.put("type", "WordPiece");
      } else {
        model.put("type", "WordLevel");
      }
    }
  }

  private static Map<String, Integer> vocabulary(ObjectNode file) {
    JsonNode vocabulary = file.path("model").path("vocab");
    Map<String, Integer> ids = new HashMap<>();
    if (vocabulary instanceof ArrayNode pairs) {
      // Unigram: pairs of text and score, in the order of their ids.
      IntStream.range(0, pairs.size())
          .forEach(id -> ids.put(pairs.get(id).path(0).textValue(), id));
    } else {
      vocabulary
          .properties()
          .forEach(entry -> ids.put(entry.getKey(), entry.getValue().intValue()));
    }
    return ids;
  }

  private static Map<String, AddedToken> named(
      TokenizerClass kind, TokenizerConfig config, ObjectNode file) {
    Map<String, AddedToken> named = new LinkedHashMap<>();
    JsonNode padding = file.path("padding").path("pad_token");
    for (String name : TokenizerConfig.NAMES) {
      Optional<AddedToken> given = config.named().getOrDefault(name, Optional.empty());
      if (config.named().containsKey(name)) {
        given.ifPresent(token -> named.put(name, token));
      } else if (kind.defaults().containsKey(name)) {
        named.put(name, AddedToken.special(kind.defaults().get(name)));
      } else if (name.equals("pad_token") && padding.isTextual() && kind != TokenizerClass.GPT2) {
        named.put(name, AddedToken.special(padding.textValue()));
      }
    }
    config.named().forEach((name, token) -> token.ifPresent(t -> named.putIfAbsent(name, t)));
    return named;
  }

  /** mBART has its languages too, and T5 its sentinels, where the config gives no other list. */
  private static List<AddedToken> extra(TokenizerClass kind, TokenizerConfig config) {
    List<AddedToken> additional = config.additional().orElse(List.of());
    List<String> codes = LanguageCodes.of(kind);
    if (!codes.isEmpty()) {
      return Stream.concat(
              codes.stream().map(AddedToken::special),
              config.extra().orElse(additional).stream()
                  .filter(token -> !codes.contains(token.content())))
          .toList();
    }
    if (kind != TokenizerClass.T5 || config.extra().isPresent()) {
      return config.extra().orElse(additional);
    }
    int count = config.json().path("extra_ids").asInt(100);
    long listed = additional.stream().filter(t -> t.content().contains("<extra_id_")).count();
    if (count < 0 || count > 1000 || listed > 0 && count > 0 && listed != count) {
      throw new PeftException(
          "tokenizer_config.json has extra_ids %d; allowed: 0 to 1000, and the number of sentinels in additional_special_tokens, %d, if there are any."
              .formatted(count, listed));
    }
    Stream<AddedToken> sentinels =
        IntStream.range(0, listed > 0 ? 0 : count)
            .mapToObj(i -> AddedToken.special("<extra_id_" + i + ">"));
    return Stream.concat(additional.stream(), sentinels).toList();
  }

  /**
   * Adds the config's list by id, then what is not yet there: named tokens, those without a name.
   */
  private static void add(
      AddedVocabulary added,
      TokenizerConfig config,
      Map<String, AddedToken> named,
      List<AddedToken> extra) {
    List<AddedToken> fresh = new ArrayList<>(config.added().values());
    Set<String> present = new HashSet<>(added.contents());
    fresh.forEach(token -> present.add(token.content()));
    for (AddedToken token : Stream.concat(named.values().stream(), extra.stream()).toList()) {
      // Two names may give a token different flags; the later ones count.
      if (!present.contains(token.content()) && !fresh.contains(token)) {
        fresh.add(token);
      }
    }
    Set<String> names = new HashSet<>();
    named.values().forEach(token -> names.add(token.content()));
    for (AddedToken token : fresh) {
      added.add(names.contains(token.content()) ? token.asSpecial() : token);
    }
  }

  /** Whether the model's pieces that go on within a word begin with a mark. */
  public boolean marksPieces() {
    return !json.path("model").path("continuing_subword_prefix").asText("").isEmpty();
  }

  /** The id of a named token, if there is one. */
  public OptionalInt id(String name) {
    return id(named, ids, name);
  }

  private static OptionalInt id(Map<String, String> named, Map<String, Integer> ids, String name) {
    Integer id = named.containsKey(name) ? ids.get(named.get(name)) : null;
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }
}
