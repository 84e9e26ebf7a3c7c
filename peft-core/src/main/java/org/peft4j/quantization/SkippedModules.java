package org.peft4j.quantization;

import java.util.List;
import org.peft4j.error.PeftException;

/** The names of modules that a quantisation leaves as they are. */
final class SkippedModules {
  static final List<String> HEAD = List.of("lm_head");

  private SkippedModules() {}

  /**
   * A copy.
   *
   * @param problems those found before
   * @throws PeftException if there are problems, or a name is empty
   */
  static List<String> checked(List<String> names, List<String> problems) {
    if (names.stream().anyMatch(String::isBlank)) {
      problems.add("A name in skipModules is empty; name a module, such as lm_head.");
    }
    if (!problems.isEmpty()) {
      throw new PeftException(String.join(" ", problems));
    }
    return List.copyOf(names);
  }
}
