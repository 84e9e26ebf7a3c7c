package org.peft4j.transformers.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.peft4j.internal.json.JsonReader;

/**
 * Ids of special tokens in the files of a model.
 *
 * @param config {@code config.json}
 * @param generation {@code generation_config.json}
 */
record ModelTokens(JsonNode config, JsonNode generation) {
  private static final JsonReader JSON = JsonReader.upTo(1 << 20, 1 << 20);

  static ModelTokens read(Path folder) {
    return new ModelTokens(
        json(folder.resolve("config.json")), json(folder.resolve("generation_config.json")));
  }

  private static JsonNode json(Path file) {
    return Files.exists(file) ? JSON.readObject(file) : MissingNode.getInstance();
  }

  /** All ids that a field has, one or a list, in either file. */
  List<Integer> ids(String name) {
    List<Integer> ids = new ArrayList<>();
    for (JsonNode file : List.of(config, generation)) {
      JsonNode value = file.path(name);
      if (value.isArray()) {
        value.forEach(id -> add(ids, id));
      } else {
        add(ids, value);
      }
    }
    return ids;
  }

  /** Older files say -1 for none. */
  private static void add(List<Integer> ids, JsonNode id) {
    if (id.isIntegralNumber() && id.canConvertToInt() && id.intValue() >= 0) {
      ids.add(id.intValue());
    }
  }

  /** How many tokens the model knows, if its config says so. */
  OptionalInt vocabularySize() {
    JsonNode size = config.path("vocab_size");
    return size.canConvertToInt() && size.intValue() > 0
        ? OptionalInt.of(size.intValue())
        : OptionalInt.empty();
  }
}
