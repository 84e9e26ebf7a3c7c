package org.peft4j.internal.files;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.peft4j.config.ConfigReader;
import org.peft4j.config.ModulePattern;
import org.peft4j.config.ModuleSelector;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.method.Methods;
import org.peft4j.method.PeftMethod;
import org.peft4j.site.Site;

/**
 * Modules that had other names when an adapter was made: the head of GPT-NeoX was {@code embed_out}
 * before transformers 5, ViT's {@code layers.0.attention.q_proj} was {@code
 * encoder.layer.0.attention.attention.query}. The names of today take their place, in the config
 * and in the tensors' keys.
 *
 * <p>A name in a list that is a module's today stays as it is: {@code dense} of a pooler is no
 * former {@code output.dense}. A pattern means modules by either name.
 *
 * @param today the paths of today, by the former ones
 * @param paths all paths of today
 */
public record FormerNames(Map<String, String> today, Set<String> paths) {
  /** For files of which no model is known. */
  public static final FormerNames NONE = new FormerNames(Map.of(), Set.of());

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

  private static final String LAYERS = "layers_pattern";
  private static final Pattern LAYER = Pattern.compile("(\\w+)\\.\\d+\\.");

  public FormerNames {
    today = new TreeMap<>(today);
    paths = Set.copyOf(paths);
  }

  /** Those of a model's sites. */
  public static FormerNames of(List<Site> sites) {
    Map<String, String> today = new TreeMap<>();
    Set<String> paths = new TreeSet<>();
    for (Site site : sites) {
      site.former().ifPresent(name -> today.put(name, site.name()));
      paths.add(site.name());
    }
    return new FormerNames(today, paths);
  }

  /** A config that names modules as they are called today. */
  public <C extends PeftConfig> C today(C config) {
    if (today.isEmpty()) {
      return config;
    }
    PeftMethod<C> method = Methods.of(config);
    ObjectNode json = method.writeConfig(config);
    ObjectNode renamed = json.deepCopy();
    rename(renamed);
    return renamed.equals(json) ? config : method.readConfig(new ConfigReader(renamed));
  }

  /** Renames modules in a config. */
  void rename(ObjectNode config) {
    if (today.isEmpty()) {
      return;
    }
    for (String field : FIELDS) {
      JsonNode value = config.get(field);
      if (value != null) {
        config.set(field, renamed(field, value));
      }
    }
    layer().ifPresent(names -> renameLayers(config, names));
  }

  private JsonNode renamed(String field, JsonNode value) {
    if (value.isTextual()) {
      return pattern(field, words(value.textValue()));
    }
    if (value instanceof ArrayNode array) {
      Set<String> names = new LinkedHashSet<>();
      array.forEach(each -> names.addAll(names(words(each.asText()))));
      ArrayNode copy = array.arrayNode();
      names.forEach(copy::add);
      return copy;
    }
    if (value instanceof ObjectNode object) {
      ObjectNode copy = object.objectNode();
      for (Map.Entry<String, JsonNode> each : object.properties()) {
        for (String key : keys(field, words(each.getKey()))) {
          if (copy.putIfAbsent(key, each.getValue()) != null) {
            throw new PeftException(
                field
                    + " has "
                    + each.getKey()
                    + " and its other name. Remove one of the two: they are one module.");
          }
        }
      }
      return copy;
    }
    return value;
  }

  /** Renames whole words only: {@code embed_out}, not {@code my_embed_out}. */
  private String words(String names) {
    String result = names;
    for (Map.Entry<String, String> each : today.entrySet()) {
      if (each.getKey().indexOf('.') < 0) {
        result =
            result.replaceAll(
                "(?<!\\w)" + each.getKey() + "(?!\\w)", Matcher.quoteReplacement(each.getValue()));
      }
    }
    return result;
  }

  /** The names of today for one in a list: the whole path or its end. */
  private List<String> names(String name) {
    Predicate<String> means = path -> path.equals(name) || path.endsWith("." + name);
    if (paths.stream().anyMatch(means)) {
      return List.of(name);
    }
    List<String> found = formerly(means);
    return found.isEmpty() ? List.of(name) : shortened(found);
  }

  /** A pattern over whole paths; a list of names if it means modules by their former ones. */
  private JsonNode pattern(String field, String pattern) {
    if (ModuleSelector.word(pattern).isPresent() || !field.endsWith("_modules")) {
      return TextNode.valueOf(pattern);
    }
    Set<String> means = either(field, pattern);
    ArrayNode names = JsonNodeFactory.instance.arrayNode();
    means.forEach(names::add);
    return means.isEmpty() ? TextNode.valueOf(pattern) : names;
  }

  /**
   * The paths of today that a pattern means by either name; none if no former name is among them.
   */
  private Set<String> either(String field, String pattern) {
    ModulePattern compiled = ModulePattern.compile(field, pattern);
    List<String> found = formerly(compiled::matches);
    Set<String> all = new LinkedHashSet<>();
    if (!found.isEmpty()) {
      paths.stream().filter(compiled::matches).sorted().forEach(all::add);
      all.addAll(found);
    }
    return all;
  }

  /** The keys of today for one: a pattern for the end of a path. */
  private List<String> keys(String field, String key) {
    ModulePattern pattern = ModulePattern.suffix(field, key);
    if (paths.stream().anyMatch(pattern::matches)) {
      return List.of(key);
    }
    List<String> found = formerly(pattern::matches);
    return found.isEmpty() ? List.of(key) : shortened(found);
  }

  private List<String> formerly(Predicate<String> means) {
    List<String> found = new ArrayList<>();
    today.forEach(
        (former, now) -> {
          if (means.test(former)) {
            found.add(now);
          }
        });
    return found;
  }

  /** The last words of paths where no other path has them; the rest as they are. */
  private List<String> shortened(List<String> found) {
    Set<String> names = new LinkedHashSet<>();
    for (String path : found) {
      String end = path.substring(path.lastIndexOf('.') + 1);
      boolean alone = paths.stream().filter(p -> p.endsWith("." + end)).allMatch(found::contains);
      names.add(alone ? end : path);
    }
    return List.copyOf(names);
  }

  /** What the list of blocks is called, formerly and today; empty if that has not changed. */
  private Optional<Map.Entry<String, String>> layer() {
    return today.entrySet().stream()
        .flatMap(
            each -> {
              Matcher former = LAYER.matcher(each.getKey());
              Matcher now = LAYER.matcher(each.getValue());
              return former.find() && now.find() && !former.group(1).equals(now.group(1))
                  ? Optional.of(Map.entry(former.group(1), now.group(1))).stream()
                  : Optional.<Map.Entry<String, String>>empty().stream();
            })
        .findFirst();
  }

  private static void renameLayers(ObjectNode config, Map.Entry<String, String> names) {
    JsonNode value = config.get(LAYERS);
    if (value != null && value.isTextual() && value.textValue().equals(names.getKey())) {
      config.put(LAYERS, names.getValue());
    } else if (value instanceof ArrayNode array) {
      ArrayNode copy = array.arrayNode();
      array.forEach(
          each ->
              copy.add(each.asText().equals(names.getKey()) ? names.getValue() : each.asText()));
      config.set(LAYERS, copy);
    }
  }

  /** The key of a tensor under the name of today. */
  String key(String key, String root) {
    if (!key.startsWith(root) || today.isEmpty()) {
      return key;
    }
    String path = key.substring(root.length());
    for (int dot = path.length(); dot > 0; dot = path.lastIndexOf('.', dot - 1)) {
      String now = today.get(path.substring(0, dot));
      if (now != null) {
        return root + now + path.substring(dot);
      }
    }
    return key;
  }
}
