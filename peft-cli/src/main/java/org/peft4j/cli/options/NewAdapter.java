package org.peft4j.cli.options;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.peft4j.config.ConfigReader;
import org.peft4j.config.ModuleSelector;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.internal.files.AdapterFiles;
import org.peft4j.method.Methods;
import org.peft4j.method.PeftMethod;

/**
 * The config of a new adapter. Options become the fields that they stand for in {@code
 * adapter_config.json}, which the method itself reads and checks.
 */
public final class NewAdapter {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();
  private static final String REGEX = "regex:";
  private static final String STEPS = "total_step";

  private final String method;
  private final ObjectNode json = JSON.createObjectNode();

  /** What an option is called by one method or another; the first name that a method has counts. */
  private final Map<String, List<String>> names = new LinkedHashMap<>();

  private NewAdapter(String method) {
    this.method = method;
  }

  /**
   * Makes the config.
   *
   * @param model written to the config as the base model's name, as Python does
   * @param steps of the training, for methods that go by them; options and files say otherwise
   */
  public static PeftConfig config(AdapterOptions options, Path model, Optional<Long> steps) {
    if (options.config.isPresent()) {
      return AdapterFiles.readConfigFile(options.config.get(), model.toString());
    }
    String method = options.method.orElse("lora").toUpperCase(Locale.ROOT).replace('-', '_');
    NewAdapter adapter = new NewAdapter(method);
    steps.ifPresent(count -> adapter.json.put(STEPS, count));
    adapter.json.put("task_type", isClassifier(model) ? "SEQ_CLS" : "CAUSAL_LM");
    return adapter.config(options, model.toString());
  }

  /** By the config of any family, in a folder or alone: a plan needs no more. */
  private static boolean isClassifier(Path model) {
    Path file = Files.isDirectory(model) ? model.resolve("config.json") : model;
    try {
      JsonNode architectures = JSON.readTree(file.toFile()).path("architectures");
      return architectures.toString().contains("ForSequenceClassification");
    } catch (IOException e) {
      // Whoever opens the model says what is wrong with it.
      return false;
    }
  }

  private PeftConfig config(AdapterOptions options, String model) {
    json.put("peft_type", method);
    json.put("base_model_name_or_path", model);
    put("--rank", options.rank, "target_r", "r");
    put("--alpha", options.alpha, "lora_alpha", "alpha");
    put("--dropout", options.dropout, "lora_dropout", "mora_dropout", "vera_dropout", "dropout");
    put("--virtual-tokens", options.virtualTokens, "num_virtual_tokens");
    put("--init-text", options.initText, "prompt_tuning_init_text");
    if (options.initText.isPresent()) {
      put("--init-text", Optional.of("TEXT"), "prompt_tuning_init");
    }
    options.target.ifPresent(value -> json.set("target_modules", target(value)));
    Set<String> known = known();
    if (!known.contains(STEPS)) {
      json.remove(STEPS);
    }
    names.forEach((option, fields) -> json.remove(others(option, fields, known)));
    options.fields.forEach((field, value) -> json.set(field, value(value)));
    PeftConfig config = Methods.named(method).readConfig(new ConfigReader(json));
    Set<String> unknown = config.common().unknown().keySet();
    if (!unknown.isEmpty()) {
      throw new PeftException(
          "%s has no field %s. Its fields: %s."
              .formatted(method, String.join(", ", unknown), String.join(", ", fields(config))));
    }
    return config;
  }

  private void put(String option, Optional<?> value, String... fields) {
    value.ifPresent(
        given -> {
          names.put(option, List.of(fields));
          List.of(fields).forEach(field -> json.set(field, JSON.valueToTree(given)));
        });
  }

  /** The names that the method asks for. */
  private Set<String> known() {
    PeftMethod<?> reads = Methods.named(method);
    ConfigReader reader = new ConfigReader(json);
    try {
      reads.readConfig(reader);
    } catch (PeftException e) {
      // Not all fields are there yet.
    }
    Set<String> known = new LinkedHashSet<>();
    json.fieldNames().forEachRemaining(known::add);
    known.removeAll(reader.unknown().keySet());
    return known;
  }

  /** The names that do not count; fails if none does. */
  private List<String> others(String option, List<String> fields, Set<String> known) {
    String counts =
        fields.stream()
            .filter(known::contains)
            .findFirst()
            .orElseThrow(() -> new PeftException(option + " does not go with " + method + "."));
    return fields.stream().filter(field -> !field.equals(counts)).toList();
  }

  private static Set<String> fields(PeftConfig config) {
    Set<String> fields = new TreeSet<>();
    Methods.of(config).writeConfig(config).fieldNames().forEachRemaining(fields::add);
    fields.removeAll(config.common().unknown().keySet());
    return fields;
  }

  private static JsonNode target(String text) {
    if (text.startsWith(REGEX)) {
      return TextNode.valueOf(text.substring(REGEX.length()));
    }
    if (text.equals(ModuleSelector.ALL_LINEAR)) {
      return TextNode.valueOf(text);
    }
    List<String> names = Arrays.stream(text.split(",", -1)).map(String::strip).toList();
    if (names.contains("")) {
      throw new PeftException(
          "--target is \""
              + text
              + "\", which has an empty name in it; allowed: names with commas between them,"
              + " all-linear, or regex:PATTERN.");
    }
    return JSON.valueToTree(names);
  }

  /** JSON where it is JSON, and else a text, so that texts need no quotes. */
  private static JsonNode value(String text) {
    try {
      JsonNode json = JSON.readTree(text);
      return json.isMissingNode() ? TextNode.valueOf(text) : json;
    } catch (JsonProcessingException e) {
      return TextNode.valueOf(text);
    }
  }
}
