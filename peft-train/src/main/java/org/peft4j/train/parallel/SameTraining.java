package org.peft4j.train.parallel;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.peft4j.error.PeftException;

/** What all workers must have in common before the first step, by name. */
public final class SameTraining {
  private SameTraining() {}

  /**
   * Compares.
   *
   * @param facts such as the version of the library, the sizes of the model and the settings; no
   *     name or value has a line break
   * @throws PeftException on every worker, with the first differences, if a worker has others
   */
  public static void require(Workers workers, Map<String, String> facts) {
    StringBuilder text = new StringBuilder();
    facts.forEach((name, value) -> text.append(name).append('\t').append(value).append('\n'));
    List<byte[]> all = workers.gather(text.toString().getBytes(StandardCharsets.UTF_8));
    Map<String, String> first = read(all.get(0));
    List<String> differences = new ArrayList<>();
    for (int rank = 1; rank < all.size(); rank++) {
      Map<String, String> other = read(all.get(rank));
      Map<String, String> names = new LinkedHashMap<>(first);
      names.putAll(other);
      for (String name : names.keySet()) {
        String one = first.getOrDefault(name, "unknown");
        String two = other.getOrDefault(name, "unknown");
        if (!one.equals(two)) {
          differences.add(name + " is " + one + " on worker 0 and " + two + " on worker " + rank);
        }
      }
    }
    if (!differences.isEmpty()) {
      throw new PeftException(
          "The workers do not train the same: "
              + String.join("; ", differences.subList(0, Math.min(6, differences.size())))
              + ". Give all of them the same library, model, adapter, data and settings.");
    }
  }

  private static Map<String, String> read(byte[] text) {
    Map<String, String> facts = new LinkedHashMap<>();
    new String(text, StandardCharsets.UTF_8)
        .lines()
        .map(line -> line.split("\t", 2))
        .forEach(fact -> facts.put(fact[0], fact.length > 1 ? fact[1] : ""));
    return facts;
  }
}
