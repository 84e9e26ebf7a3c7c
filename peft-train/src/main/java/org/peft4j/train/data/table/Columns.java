package org.peft4j.train.data.table;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.peft4j.error.PeftException;
import org.peft4j.internal.NearestNames;
import org.peft4j.internal.Quoted;

/**
 * Which of a file's columns, or fields, to take for the fields that tasks read: {@code
 * text=review,label=stars} takes {@code review} for {@code text}.
 *
 * @param names the file's own name of each field
 */
public record Columns(Map<String, String> names) {
  /** The fields that tasks read. */
  public static final List<String> FIELDS =
      List.of(
          "text",
          "text_pair",
          "label",
          "prompt",
          "completion",
          "source",
          "target",
          "tokens",
          "tags",
          "question",
          "context",
          "answers",
          "id",
          "anchor",
          "positive",
          "negative",
          "score",
          "task_id",
          "file_name");

  /**
   * Checks the names.
   *
   * @throws PeftException if a field is none of {@link #FIELDS}, or a column is taken twice
   */
  public Columns {
    names = Collections.unmodifiableMap(new LinkedHashMap<>(names));
    List<String> problems = new ArrayList<>();
    for (String field : names.keySet()) {
      if (!FIELDS.contains(field)) {
        problems.add(
            "No task reads a field %s. %s"
                .formatted(Quoted.quoted(field), NearestNames.sentence(field, FIELDS)));
      }
    }
    if (names.values().stream().distinct().count() < names.size()) {
      problems.add("A column is taken for two fields in " + names + "; take each for one.");
    }
    if (!problems.isEmpty()) {
      throw new PeftException(String.join(" ", problems));
    }
  }

  /** The file's own names. */
  public static Columns asTheyAre() {
    return new Columns(Map.of());
  }

  /**
   * Reads {@code text=review,label=stars}.
   *
   * @throws PeftException if it has another form, or as the constructor does
   */
  public static Columns parse(String text) {
    Map<String, String> names = new LinkedHashMap<>();
    for (String pair : text.split(",", -1)) {
      int equals = pair.indexOf('=');
      String field = pair.substring(0, Math.max(0, equals)).strip();
      String column = pair.substring(equals + 1).strip();
      if (field.isEmpty() || column.isEmpty() || names.put(field, column) != null) {
        throw new PeftException(
            "Columns are "
                + Quoted.quoted(text)
                + "; allowed: FIELD=COLUMN, separated by commas, each field once:"
                + " text=review,label=stars.");
      }
    }
    return new Columns(names);
  }

  /** A row's values under the names of fields. A field's own namesake gives way to its column. */
  <T> Map<String, T> renamed(Map<String, T> row) {
    Map<String, T> renamed = new LinkedHashMap<>(row);
    renamed.keySet().removeAll(names.keySet());
    renamed.keySet().removeAll(names.values());
    names.forEach(
        (field, column) -> {
          T value = row.get(column);
          if (value != null) {
            renamed.put(field, value);
          }
        });
    return renamed;
  }

  /** The file's name of a field. */
  String column(String field) {
    return names.getOrDefault(field, field);
  }
}
