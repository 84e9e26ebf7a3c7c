package org.peft4j.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.peft4j.error.PeftException;
import org.peft4j.internal.json.JsonReader;

/** The chat templates of a folder, by name: that without a name is {@code default}. */
final class TemplateFiles {
  static final String DEFAULT = "default";
  private static final int LONGEST = 1 << 20;
  private static final JsonReader JSON = JsonReader.upTo(1 << 26, 1 << 22);

  private TemplateFiles() {}

  /** A template's text, and the file that it is from. */
  record Source(String file, String text) {}

  /**
   * Those of {@code chat_template.jinja} and {@code additional_chat_templates/}, or else of {@code
   * tokenizer_config.json}, as transformers looks for them.
   */
  static Map<String, Source> read(Path folder) {
    Map<String, Source> found = new TreeMap<>();
    Path file = folder.resolve("chat_template.jinja");
    if (Files.exists(file)) {
      found.put(DEFAULT, read(file, file.toString()));
    }
    for (Path other : more(folder.resolve("additional_chat_templates"))) {
      String name = String.valueOf(other.getFileName());
      found.put(
          name.substring(0, name.length() - ".jinja".length()), read(other, other.toString()));
    }
    Path config = folder.resolve("tokenizer_config.json");
    if (found.isEmpty() && Files.exists(config)) {
      fromConfig(config, JSON.readObject(config), found);
    }
    return found;
  }

  private static List<Path> more(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(".jinja")).sorted().toList();
    } catch (IOException e) {
      throw new PeftException("Cannot list " + folder + ": " + e, e);
    }
  }

  /** The text of a file. */
  static Source read(Path file, String name) {
    try {
      if (Files.size(file) > LONGEST) {
        throw new PeftException(
            "%s has %d bytes; a chat template may have %d."
                .formatted(file, Files.size(file), LONGEST));
      }
      return new Source(name, Files.readString(file));
    } catch (CharacterCodingException e) {
      throw new PeftException(file + " is not in UTF-8.", e);
    } catch (IOException e) {
      throw new PeftException("Cannot read the chat template " + file + ": " + e, e);
    }
  }

  private static void fromConfig(Path path, ObjectNode config, Map<String, Source> found) {
    JsonNode template = config.path("chat_template");
    if (template.isTextual()) {
      found.put(DEFAULT, new Source(path + ", chat_template", template.textValue()));
    } else if (template.isArray()) {
      for (JsonNode each : template) {
        if (!each.path("name").isTextual() || !each.path("template").isTextual()) {
          throw new PeftException(
              path
                  + ": \"chat_template\" is a list; allowed in it: objects with name and template.");
        }
        String name = each.path("name").textValue();
        found.put(
            name, new Source(path + ", chat_template " + name, each.path("template").textValue()));
      }
    } else if (template.isObject()) {
      template
          .properties()
          .forEach(
              each ->
                  found.put(
                      each.getKey(),
                      new Source(
                          path + ", chat_template " + each.getKey(), each.getValue().asText())));
    } else if (!template.isMissingNode() && !template.isNull()) {
      throw new PeftException(
          path
              + ": \"chat_template\" is of type "
              + template.getNodeType()
              + "; allowed: a string, or a list of templates with names.");
    }
  }
}
