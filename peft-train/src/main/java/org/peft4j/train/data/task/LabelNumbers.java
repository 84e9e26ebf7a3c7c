package org.peft4j.train.data.task;

import java.util.List;
import java.util.regex.Pattern;
import org.peft4j.internal.NearestNames;
import org.peft4j.internal.Quoted;
import org.peft4j.train.data.table.Row;
import org.peft4j.transformers.config.Labels;

/** The numbers of labels that rows name, or give as numbers. */
final class LabelNumbers {
  /** How many names a message lists. */
  private static final int LISTED = 20;

  private static final Pattern NUMBER = Pattern.compile("\\d{1,9}");

  private final List<String> names;
  private final boolean named;

  LabelNumbers(Labels labels) {
    names = labels.names();
    named = names.stream().noneMatch(name -> NUMBER.matcher(name).matches());
  }

  int count() {
    return names.size();
  }

  String name(int number) {
    return names.get(number);
  }

  /** The name of a label that a row names, or gives as a number: as {@link #of} does. */
  String name(Row row, String field, String label) {
    return names.get(of(row, field, label));
  }

  /**
   * The number of a label: of that name, or if no name is a number, the number itself.
   *
   * @throws org.peft4j.error.PeftException if it is none of the labels
   */
  int of(Row row, String field, String label) {
    int number = names.indexOf(label);
    if (number < 0 && named && NUMBER.matcher(label).matches()) {
      int given = Integer.parseInt(label);
      number = given < names.size() ? given : -1;
    }
    if (number < 0) {
      throw row.problem(
          field,
          "has the label "
              + Quoted.quoted(label)
              + ", which the model has not. "
              + NearestNames.sentence(label, names)
              + " Its labels: "
              + String.join(", ", names.subList(0, Math.min(LISTED, names.size())))
              + (names.size() > LISTED ? " and " + (names.size() - LISTED) + " more." : "."));
    }
    return number;
  }
}
