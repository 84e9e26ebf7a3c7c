package org.peft4j.train.data.table;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import org.peft4j.error.PeftException;
import org.peft4j.internal.NearestNames;
import org.peft4j.internal.Quoted;

/**
 * A file of examples. Its name says what it is:
 *
 * <ul>
 *   <li>{@code .jsonl}: an object on each line;
 *   <li>{@code .json}: a list of objects, or SQuAD's articles with paragraphs and questions, each a
 *       row of {@code id}, {@code question}, {@code context} and {@code answers};
 *   <li>{@code .csv} and {@code .tsv}: a header, then values, that may be in double quotes, with
 *       commas or tabs between them;
 *   <li>{@code .conll}: a word on each line, its tag in the last column, an empty line behind each
 *       text: rows of {@code tokens} and {@code tags};
 *   <li>a folder: the rows of its {@code metadata.jsonl} or {@code metadata.csv}, or else its
 *       pictures, with {@code file_name}, {@code label} from the folder that each is in, and {@code
 *       text} from a {@code .txt} file beside it.
 * </ul>
 *
 * <p>Files are UTF-8, with or without a byte order mark, and have lines or values of up to 16 MB.
 */
public final class Table {
  /** The ends of the names of such files. */
  public static final List<String> ENDS = List.of(".jsonl", ".json", ".csv", ".tsv", ".conll");

  private final Path file;
  private final Columns columns;
  private final TableReader reader;

  private Table(Path file, Columns columns) {
    this.file = file;
    this.columns = columns;
    String name = name(file);
    if (isFolder(file)) {
      reader = PictureFolder.of(file, columns);
    } else if (name.endsWith(".json")) {
      reader = new JsonFile(file, columns);
    } else if (name.endsWith(".csv") || name.endsWith(".tsv")) {
      reader = new DelimitedFile(file, columns, name.endsWith(".csv") ? ',' : '\t');
    } else if (name.endsWith(".conll")) {
      reader = new ConllFile(file, columns);
    } else {
      reader = new JsonLinesFile(file, columns);
    }
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
  }

  /**
   * Whether a file's name has one of {@link #ENDS}, or it is a folder.
   *
   * @throws PeftException if it is one of Parquet's, which must be converted: says how
   */
  public static boolean has(Path file) {
    if (name(file).endsWith(".parquet")) {
      throw new PeftException(
          ("%s is a Parquet file, which is not read here. Convert it to JSON Lines, for example by"
                  + " python -c \"import pandas; pandas.read_parquet('%1$s').to_json('rows.jsonl',"
                  + " orient='records', lines=True, force_ascii=False)\", and give rows.jsonl.")
              .formatted(file));
    }
    return isFolder(file) || ENDS.stream().anyMatch(name(file)::endsWith);
  }

  private static boolean isFolder(Path file) {
    return Files.isDirectory(file) && ENDS.stream().noneMatch(name(file)::endsWith);
  }

  /** The rows of a file; one with another name counts as {@code .jsonl}. */
  public static Table of(Path file) {
    return of(file, Columns.asTheyAre());
  }

  /** The rows of a file under the names of {@code columns}. */
  public static Table of(Path file, Columns columns) {
    return new Table(file, columns);
  }

  /** The file. */
  public Path file() {
    return file;
  }

  /**
   * Gives every row, one at a time.
   *
   * @throws PeftException if the file cannot be read or is broken, with line and column; has no
   *     row; or no row has one of the columns
   */
  public void forEach(Consumer<Row> consumer) {
    Set<String> missing = new HashSet<>(columns.names().keySet());
    Set<String> seen = new LinkedHashSet<>();
    int[] count = new int[1];
    reader.forEach(
        row -> {
          count[0]++;
          missing.removeAll(row.fields());
          row.fields().forEach(field -> seen.add(columns.column(field)));
          consumer.accept(row);
        });
    if (count[0] == 0) {
      throw new PeftException(file + " has no " + reader.rowName() + " in it.");
    }
    for (String field : missing) {
      String column = columns.column(field);
      throw new PeftException(
          "%s has no column %s, to take for %s. %s"
              .formatted(file, Quoted.quoted(column), field, NearestNames.sentence(column, seen)));
    }
  }

  /** Every row. */
  public List<Row> rows() {
    List<Row> rows = new ArrayList<>();
    forEach(rows::add);
    return rows;
  }
}
