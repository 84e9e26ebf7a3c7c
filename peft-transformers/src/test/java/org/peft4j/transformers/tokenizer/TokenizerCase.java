package org.peft4j.transformers.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;

/** A tiny tokenizer that {@code reference/tokenizers_golden.py} made, with AutoTokenizer's ids. */
record TokenizerCase(JsonNode json) {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  static TokenizerCase of(String name) throws IOException {
    String resource = "/tokenizers/" + name + ".json";
    try (InputStream in = TokenizerCase.class.getResourceAsStream(resource)) {
      return new TokenizerCase(MAPPER.readTree(Objects.requireNonNull(in, resource)));
    }
  }

  /** A copy of one of its files, to change. */
  ObjectNode file(String name) {
    return json.path("files").path(name).deepCopy();
  }

  /** Writes its files. */
  Path writeTo(Path folder) throws IOException {
    for (Map.Entry<String, JsonNode> file : json.path("files").properties()) {
      write(folder, file.getKey(), file.getValue());
    }
    return folder;
  }

  static void write(Path folder, String name, JsonNode json) throws IOException {
    Files.write(folder.resolve(name), MAPPER.writeValueAsBytes(json));
  }
}
