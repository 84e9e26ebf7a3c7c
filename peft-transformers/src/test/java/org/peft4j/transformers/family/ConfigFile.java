package org.peft4j.transformers.family;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.peft4j.transformers.Golden;
import org.peft4j.transformers.architecture.ModelArchitecture;

/** A {@code config.json} whose fields a test changes before it is read. */
record ConfigFile(ObjectNode fields, Path folder) {
  private static final JsonMapper MAPPER = new JsonMapper();

  /** That of a golden base; {@code folder} is where the changed one goes. */
  static ConfigFile of(String base, Path folder) {
    return of(json(Golden.base(base).resolve("config.json")), folder);
  }

  static ConfigFile of(JsonNode fields, Path folder) {
    return new ConfigFile(fields.deepCopy(), folder);
  }

  static JsonNode json(Path file) {
    try {
      return MAPPER.readTree(file.toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The same with that field, whose value is JSON; or without it where there is no value. */
  ConfigFile with(String field, String value) {
    ObjectNode changed = fields.deepCopy();
    try {
      if (value.isEmpty()) {
        changed.remove(field);
      } else {
        changed.set(field, MAPPER.readTree(value));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new ConfigFile(changed, folder);
  }

  Path write() {
    try {
      return Files.writeString(folder.resolve("config.json"), fields.toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  ModelArchitecture read() {
    return Families.read(write());
  }
}
