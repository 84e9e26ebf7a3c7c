package org.peft4j.cli.run;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.function.Supplier;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.table.Row;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.tokenizer.TextInput;

/**
 * A row, and what a model reads of it.
 *
 * @param input a text, a pair of texts, or words
 */
record InputRow(Row row, TextInput input) {
  /**
   * The fields that a task reads.
   *
   * @throws PeftException if one is missing, or is no text: with file, line and column
   */
  static InputRow of(Task task, Row row) {
    return switch (task) {
      case SEQ_CLS -> row.has("text_pair") ? pair(row, "text", "text_pair") : text(row, "text");
      case TOKEN_CLS -> row.has("tokens") ? words(row, "tokens") : text(row, "text");
      case QUESTION_ANS -> pair(row, "question", "context");
      case SEQ_2_SEQ_LM -> text(row, "source");
      case CAUSAL_LM -> text(row, "prompt");
      case FEATURE_EXTRACTION -> text(row, "text");
      case IMAGE_CLASSIFICATION, IMAGE_TEXT, IMAGE_TO_TEXT -> throw task.readsNoText();
    };
  }

  private static InputRow text(Row row, String field) {
    String text = row.text(field);
    return of(row, () -> TextInput.of(text));
  }

  private static InputRow pair(Row row, String first, String second) {
    String one = row.text(first);
    String other = row.text(second);
    return of(row, () -> TextInput.pair(one, other));
  }

  private static InputRow words(Row row, String field) {
    List<String> words = row.texts(field);
    return of(row, () -> TextInput.words(words));
  }

  private static InputRow of(Row row, Supplier<TextInput> input) {
    try {
      return new InputRow(row, input.get());
    } catch (PeftException e) {
      throw row.problem("cannot become tokens: " + e.getMessage());
    }
  }

  /** An object for the row, with its {@code id} if it has one. */
  ObjectNode object() {
    return object(row);
  }

  /** An object for a row, with its {@code id} if it has one. */
  static ObjectNode object(Row row) {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    if (row.has("id")) {
      List<String> id = row.labels("id");
      object.put("id", String.join(" ", id));
    }
    return object;
  }
}
