package org.peft4j.config;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collection;
import java.util.Optional;

/** Writes the common fields of an {@code adapter_config.json}. */
public final class ConfigWriter {
  private ConfigWriter() {}

  /** The common fields, unknown ones included. */
  public static ObjectNode common(String peftType, String methodPrefix, CommonConfig config) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    config.unknown().forEach(json::set);
    json.put("peft_type", peftType);
    json.put("peft_version", "0.21.0");
    json.putNull("auto_mapping");
    json.put("inference_mode", true);
    text(json, "task_type", config.taskType());
    text(json, "base_model_name_or_path", config.baseModel());
    text(json, "revision", config.revision());
    selector(json, "target_modules", config.targetModules());
    selector(json, "exclude_modules", config.excludeModules());
    texts(json, "modules_to_save", config.modulesToSave());
    texts(json, "layers_pattern", config.layersPattern());
    if (config.layersToTransform().isEmpty()) {
      json.putNull("layers_to_transform");
    } else {
      ArrayNode layers = json.putArray("layers_to_transform");
      config.layersToTransform().forEach(layers::add);
    }
    json.put("bias", config.bias().json(methodPrefix));
    return json;
  }

  private static void text(ObjectNode json, String name, Optional<String> value) {
    json.put(name, value.orElse(null));
  }

  private static void texts(ObjectNode json, String name, Collection<String> values) {
    if (values.isEmpty()) {
      json.putNull(name);
    } else {
      values.forEach(json.putArray(name)::add);
    }
  }

  /** Writes a whole number as Hugging Face PEFT does: without a fraction. */
  public static void number(ObjectNode json, String name, double value) {
    if (value == Math.rint(value) && Math.abs(value) < 1e9) {
      json.put(name, (int) value);
    } else {
      json.put(name, value);
    }
  }

  /** Writes a selector as a list, a pattern, or {@code all-linear}. */
  public static void selector(ObjectNode json, String name, Optional<ModuleSelector> selector) {
    if (selector.isEmpty()) {
      json.putNull(name);
    } else if (selector.get() instanceof ModuleSelector.Names names) {
      names.names().forEach(json.putArray(name)::add);
    } else if (selector.get() instanceof ModuleSelector.Regex regex) {
      json.put(name, regex.pattern());
    } else if (selector.get() instanceof ModuleSelector.Every) {
      json.putNull(name);
    } else {
      json.put(name, ModuleSelector.ALL_LINEAR);
    }
  }
}
