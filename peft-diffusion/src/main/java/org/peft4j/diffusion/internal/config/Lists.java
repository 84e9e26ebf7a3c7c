package org.peft4j.diffusion.internal.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.peft4j.transformers.internal.family.ConfigFields;

/**
 * Fields of a config that hold one value for all blocks, or a list with one for each.
 *
 * @param json the whole config
 */
record Lists(JsonNode json, ConfigFields fields) {
  private static final int MOST = 1 << 20;

  /** One positive number for each block. */
  List<Integer> sizes(String name, int blocks, int absent) {
    if (!fields.has(name)) {
      return Collections.nCopies(blocks, absent);
    }
    JsonNode node = json.path(name);
    if (!node.isArray()) {
      return Collections.nCopies(blocks, fields.size(name));
    }
    List<Integer> sizes = new ArrayList<>();
    for (JsonNode each : node) {
      boolean good = each.isIntegralNumber() && each.asLong() >= 1 && each.asLong() <= MOST;
      fields.check(good, name, "positive numbers up to " + MOST);
      sizes.add(good ? each.asInt() : 1);
    }
    return ofBlocks(name, sizes, blocks, 1);
  }

  /** One flag for each block. */
  List<Boolean> flags(String name, int blocks) {
    JsonNode node = json.path(name);
    if (!fields.has(name) || !node.isArray()) {
      return Collections.nCopies(blocks, fields.flag(name, false));
    }
    List<Boolean> flags = new ArrayList<>();
    for (JsonNode each : node) {
      fields.check(each.isBoolean(), name, "true or false for each block");
      flags.add(each.asBoolean());
    }
    return ofBlocks(name, flags, blocks, false);
  }

  private <T> List<T> ofBlocks(String name, List<T> values, int blocks, T absent) {
    fields.check(values.size() == blocks, name, "one value, or " + blocks + " as blocks");
    return values.size() == blocks ? values : Collections.nCopies(blocks, absent);
  }
}
