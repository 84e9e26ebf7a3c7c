package org.peft4j.transformers.config;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.stream.IntStream;
import org.peft4j.error.PeftException;

/**
 * The labels of a classifier: {@code id2label} of its {@code config.json}.
 *
 * @param names the name of each class, by its number
 */
public record Labels(List<String> names) {
  /**
   * Checks the names.
   *
   * @throws PeftException if there is none, or two are equal
   */
  public Labels {
    names = List.copyOf(names);
    List<String> problems = new ArrayList<>();
    if (names.isEmpty()) {
      problems.add("There are no labels; a classifier has one or more.");
    }
    if (new HashSet<>(names).size() < names.size()) {
      problems.add("Labels " + names + " contain a name twice; give each class a different one.");
    }
    if (!problems.isEmpty()) {
      throw new PeftException(String.join(" ", problems));
    }
  }

  /** Labels of these names. */
  public static Labels of(String... names) {
    return new Labels(List.of(names));
  }

  /** {@code count} labels, named {@code LABEL_0} and so on as in Hugging Face transformers. */
  public static Labels count(int count) {
    return new Labels(IntStream.range(0, count).mapToObj(i -> "LABEL_" + i).toList());
  }

  /** The number of classes. */
  public int size() {
    return names.size();
  }
}
