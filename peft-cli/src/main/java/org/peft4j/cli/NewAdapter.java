package org.peft4j.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.peft4j.PeftConfig;
import org.peft4j.PeftException;
import org.peft4j.config.ConfigReader;
import org.peft4j.config.ModuleSelector;
import org.peft4j.files.AdapterFiles;
import org.peft4j.method.Methods;
import org.peft4j.transformers.config.ModelConfigReader;

/**
 * The config of a new adapter. Options become the fields that they stand for in {@code
 * adapter_config.json}, which the method itself reads and checks.
 */
final class NewAdapter {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();
  private static final String REGEX = "regex:";

  private NewAdapter() {}

  /**
   * Makes the config.
   *
   * @param model written to the config as the base model's name, as Python does
   */
  static PeftConfig config(AdapterOptions options, Path model) {
    if (options.config.isPresent()) {
      return AdapterFiles.readConfigFile(options.config.get());
    }
    String method = options.method.orElse("lora").toUpperCase(Locale.ROOT).replace('-', '_');
    ObjectNode json = JSON.createObjectNode();
    json.put("peft_type", method);
    boolean classifier = ModelConfigReader.read(model).labels().isPresent();
    json.put("task_type", classifier ? "SEQ_CLS" : "CAUSAL_LM");
    json.put("base_model_name_or_path", model.toString());
    options.rank.ifPresent(value -> json.put("r", value));
    options.alpha.ifPresent(value -> json.put("lora_alpha", value));
    options.dropout.ifPresent(value -> json.put("lora_dropout", value));
    options.target.ifPresent(value -> json.set("target_modules", target(value)));
    options.fields.forEach((field, value) -> json.set(field, value(value)));
    PeftConfig config = Methods.named(method).readConfig(new ConfigReader(json));
    if (!config.common().unknown().isEmpty()) {
      throw new PeftException(
          method + " has no field " + String.join(", ", config.common().unknown().keySet()) + ".");
    }
    return config;
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
