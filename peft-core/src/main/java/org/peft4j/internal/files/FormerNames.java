package org.peft4j.internal.files;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import org.peft4j.error.PeftException;
import org.peft4j.site.Site;

/**
 * Modules that had other names when an adapter was made: the head of GPT-NeoX was {@code embed_out}
 * before transformers 5. The names of today take their place, in the config and in the tensors'
 * keys.
 *
 * @param today the names of today, by the former ones; no name has a dot
 */
public record FormerNames(Map<String, String> today) {
  /** For files of which no model is known. */
  public static final FormerNames NONE = new FormerNames(Map.of());

  /** The fields of all methods' configs that name modules, in lists, patterns or keys. */
  private static final List<String> FIELDS =
      List.of(
          "target_modules",
          "exclude_modules",
          "feedforward_modules",
          "modules_to_save",
          "rank_pattern",
          "alpha_pattern",
          "trainable_token_indices");

  public FormerNames {
    today = Map.copyOf(today);
  }

  /** Those of a model's sites. */
  public static FormerNames of(List<Site> sites) {
    Map<String, String> today = new TreeMap<>();
    sites.forEach(site -> site.former().ifPresent(name -> today.put(name, site.name())));
    return new FormerNames(today);
  }

  /** Renames modules in a config. */
  void rename(ObjectNode config) {
    for (String field : FIELDS) {
      JsonNode value = config.get(field);
      if (value != null && !today.isEmpty()) {
        config.set(field, renamed(field, value));
      }
    }
  }

  private JsonNode renamed(String field, JsonNode value) {
    if (value.isTextual()) {
      return TextNode.valueOf(text(value.textValue()));
    }
    if (value instanceof ArrayNode array) {
      ArrayNode copy = array.arrayNode();
      array.forEach(each -> copy.add(renamed(field, each)));
      return copy;
    }
    if (value instanceof ObjectNode object) {
      ObjectNode copy = object.objectNode();
      for (Map.Entry<String, JsonNode> each : object.properties()) {
        if (copy.putIfAbsent(text(each.getKey()), each.getValue()) != null) {
          throw new PeftException(
              field
                  + " has "
                  + each.getKey()
                  + " and its other name. Remove one of the two: they are one module.");
        }
      }
      return copy;
    }
    return value;
  }

  /** Renames whole words only: {@code embed_out}, not {@code my_embed_out}. */
  private String text(String names) {
    String result = names;
    for (Map.Entry<String, String> each : today.entrySet()) {
      result =
          result.replaceAll(
              "(?<!\\w)" + each.getKey() + "(?!\\w)", Matcher.quoteReplacement(each.getValue()));
    }
    return result;
  }

  /** The key of a tensor under the name of today. */
  String key(String key, String root) {
    if (!key.startsWith(root)) {
      return key;
    }
    String path = key.substring(root.length());
    int dot = path.indexOf('.');
    String first = dot < 0 ? path : path.substring(0, dot);
    return root + today.getOrDefault(first, first) + (dot < 0 ? "" : path.substring(dot));
  }
}
