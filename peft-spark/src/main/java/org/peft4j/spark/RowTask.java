package org.peft4j.spark;

import java.io.Serializable;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataType;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.prediction.PredictionOptions;

/** What is asked of a model for each row. */
interface RowTask extends Serializable {
  /** The columns that it reads; a null in one gives a null. */
  List<String> columns();

  /** The type of a result. */
  DataType type();

  /** The kind of model, which may be another for a folder of an encoder-decoder. */
  Task task();

  /** A result for each of some rows, in their order. */
  List<Object> results(TransformerModel model, List<Row> rows, int batchSize);

  static String textOf(Row row, String column) {
    Object text = row.getAs(column);
    if (text instanceof String found) {
      return found;
    }
    throw new PeftException(
        "The column " + column + " has " + text.getClass().getSimpleName() + "; needed: texts.");
  }

  static <M> M of(Class<M> kind, TransformerModel model) {
    if (kind.isInstance(model)) {
      return kind.cast(model);
    }
    throw new PeftException(
        "%s is a %s; a %s is asked for."
            .formatted(model.folder(), model.getClass().getSimpleName(), kind.getSimpleName()));
  }

  static PredictionOptions options(int batchSize) {
    return PredictionOptions.defaults().withBatchSize(batchSize);
  }
}
