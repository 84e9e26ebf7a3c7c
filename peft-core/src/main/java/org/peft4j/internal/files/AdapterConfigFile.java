package org.peft4j.internal.files;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.peft4j.config.ConfigReader;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.internal.json.JsonReader;
import org.peft4j.internal.json.JsonWriter;
import org.peft4j.method.Methods;
import org.peft4j.method.PeftMethod;

/** The text of {@code adapter_config.json}: bounded, strict, and never more than data. */
final class AdapterConfigFile {
  private static final JsonReader JSON = JsonReader.upTo(4 << 20, 100_000);

  private AdapterConfigFile() {}

  /**
   * The config in {@code file}.
   *
   * @param baseModel what replaces its base model's name
   * @param former of the model that it is for
   */
  static PeftConfig parse(Path file, Optional<String> baseModel, FormerNames former) {
    ObjectNode json = JSON.readObject(file);
    JsonNode type = json.get("peft_type");
    if (type == null || !type.isTextual()) {
      throw new PeftException(
          file + " has no peft_type, which names the method: \"LORA\" for example.");
    }
    baseModel.ifPresent(name -> json.put("base_model_name_or_path", name));
    PeftMethod<?> method;
    try {
      former.rename(json);
      method = Methods.named(type.textValue());
      return method.readConfig(new ConfigReader(json));
    } catch (PeftException e) {
      throw new PeftException(file + ": " + e.getMessage(), e);
    }
  }

  /** Writes a config, its keys sorted as Hugging Face PEFT sorts them. */
  static void write(Path file, ObjectNode json) {
    Map<String, JsonNode> sorted = new TreeMap<>();
    json.properties().forEach(entry -> sorted.put(entry.getKey(), entry.getValue()));
    JsonWriter.write(file, sorted);
  }
}
