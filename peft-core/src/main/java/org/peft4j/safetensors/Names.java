package org.peft4j.safetensors;

import static org.peft4j.internal.Quoted.quoted;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;

/** The rules for names of tensors and metadata, shared by reader and writer. */
final class Names {
  /** The header's entry that is not a tensor. */
  static final String METADATA = "__metadata__";

  /** The order of the reference implementation: that of the UTF-8 bytes. */
  static final Comparator<String> ORDER =
      (a, b) ->
          Arrays.compareUnsigned(
              a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));

  private Names() {}

  /** Refuses a name that is empty, longer than the limit, or not well-formed text. */
  static void check(Path file, String name, SafetensorsLimits limits) {
    if (name.isEmpty()) {
      throw SafetensorsException.inFile(file, "a name is empty; every entry must have one.");
    }
    if (name.length() > limits.maxNameLength()) {
      throw Limit.exceeded(
          file,
          "the length of the name " + quoted(name),
          Integer.toString(name.length()),
          limits.maxNameLength(),
          "maxNameLength");
    }
    if (name.codePoints()
        .anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE)) {
      throw SafetensorsException.inFile(
          file,
          "the name " + quoted(name) + " contains half of a surrogate pair, which is not text.");
    }
  }
}
