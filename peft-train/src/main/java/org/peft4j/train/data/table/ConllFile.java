package org.peft4j.train.data.table;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.peft4j.error.PeftException;
import org.peft4j.train.internal.text.TextLines;

/**
 * Tagged words as in the shared tasks of CoNLL: on each line a word and, behind spaces or tabs, its
 * columns, the last of them its tag. An empty line ends a text; lines with {@code -DOCSTART-} are
 * left out. Words without a tag are rows without {@code tags}.
 */
record ConllFile(Path file, Columns columns) implements TableReader {
  private static final String DOCUMENT = "-DOCSTART-";

  /** The words since the last empty line. */
  private static final class Sentence {
    private final int line;
    private final int width;
    private final ArrayNode tokens = JsonNodeFactory.instance.arrayNode();
    private final ArrayNode tags = JsonNodeFactory.instance.arrayNode();

    Sentence(int line, int width) {
      this.line = line;
      this.width = width;
    }
  }

  /** The lines of a file, as they come. */
  private static final class Lines {
    private final ConllFile owner;
    private final Consumer<Row> consumer;
    private @Nullable Sentence current;

    Lines(ConllFile owner, Consumer<Row> consumer) {
      this.owner = owner;
      this.consumer = consumer;
    }

    void take(int number, String line) {
      String[] words = line.strip().split("\\s+");
      if (line.isBlank() || words[0].equals(DOCUMENT)) {
        finish();
        return;
      }
      if (current == null) {
        current = new Sentence(number, words.length);
      }
      if (words.length != current.width) {
        throw new PeftException(
            "%s has %d columns, and line %d of the same text %d; all lines of a text have the same."
                .formatted(
                    Place.line(owner.file, number), words.length, current.line, current.width));
      }
      current.tokens.add(words[0]);
      if (words.length > 1) {
        current.tags.add(words[words.length - 1]);
      }
    }

    void finish() {
      if (current != null) {
        Map<String, JsonNode> values = new LinkedHashMap<>();
        values.put("tokens", current.tokens);
        if (current.width > 1) {
          values.put("tags", current.tags);
        }
        consumer.accept(new Row(Place.line(owner.file, current.line), owner.columns, values));
        current = null;
      }
    }
  }

  @Override
  public void forEach(Consumer<Row> consumer) {
    Lines lines = new Lines(this, consumer);
    TextLines.forEach(file, lines::take);
    lines.finish();
  }

  @Override
  public String rowName() {
    return "line with a word";
  }
}
