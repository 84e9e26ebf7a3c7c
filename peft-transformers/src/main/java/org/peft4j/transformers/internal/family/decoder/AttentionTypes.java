package org.peft4j.transformers.internal.family.decoder;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.transformers.internal.family.ConfigFields;

/**
 * Which blocks of GPT-Neo are local: {@code attention_types} repeats patterns, {@code [[["global",
 * "local"], 12]]}; {@code attention_layers} is the same written out.
 */
final class AttentionTypes {
  private static final String GLOBAL = "global";
  private static final String LOCAL = "local";
  private static final int DEFAULT_REPEATS = 12;

  private AttentionTypes() {}

  /** For each block whether it is local. */
  static List<Boolean> read(ConfigFields fields, int layers) {
    List<String> types =
        fields.has("attention_types")
            ? fields.repeated("attention_types", layers)
            : repeated(List.of(GLOBAL, LOCAL), DEFAULT_REPEATS);
    fields.check(
        types.size() == layers
            && types.stream().allMatch(type -> type.equals(GLOBAL) || type.equals(LOCAL)),
        "attention_types",
        "patterns of global and local with a number of times, together num_layers " + layers);
    List<String> written = fields.texts("attention_layers");
    fields.check(
        written.isEmpty() || written.equals(types),
        "attention_layers",
        "the blocks of attention_types, " + types);
    List<Boolean> local = new ArrayList<>();
    for (int i = 0; i < layers; i++) {
      local.add(i < types.size() && types.get(i).equals(LOCAL));
    }
    return local;
  }

  private static List<String> repeated(List<String> pattern, int times) {
    List<String> all = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      all.addAll(pattern);
    }
    return all;
  }
}
