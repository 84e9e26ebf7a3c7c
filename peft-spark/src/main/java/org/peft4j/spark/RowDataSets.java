package org.peft4j.spark;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Row;
import org.deeplearning4j.datasets.iterator.utilty.ListDataSetIterator;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;
import scala.collection.Iterable;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Rows of a data frame as Deeplearning4j reads data, for {@link
 * org.peft4j.train.parallel.NetworkAveraging}:
 *
 * <pre>{@code
 * DataSetIterator own =
 *     RowDataSets.of(worker.rows(), List.of("age", "height"), List.of("weight"), 32);
 * }</pre>
 */
public final class RowDataSets {
  private RowDataSets() {}

  /**
   * Batches in the rows' order; the last may be short.
   *
   * @param features columns of numbers or of arrays of numbers, whose values stand one after the
   *     other: [batch, features] in single precision
   * @param labels the same: [batch, labels]
   * @param batchSize 1 and above
   * @throws PeftException if the batch size is not allowed, a column is missing or holds something
   *     else, or rows have different numbers of values
   */
  public static DataSetIterator of(
      List<Row> rows, List<String> features, List<String> labels, int batchSize) {
    if (batchSize < 1 || features.isEmpty() || labels.isEmpty()) {
      throw new PeftException(
          "The features are %s, the labels %s, the batch size %d; needed: a column of each and above, and a size of 1 and above."
              .formatted(features, labels, batchSize));
    }
    List<DataSet> all = new ArrayList<>();
    for (int from = 0; from < rows.size(); from += batchSize) {
      List<Row> some = rows.subList(from, Math.min(rows.size(), from + batchSize));
      all.add(
          new DataSet(
              Nd4j.createFromArray(matrix(some, features)),
              Nd4j.createFromArray(matrix(some, labels))));
    }
    return new ListDataSetIterator<>(all, 1);
  }

  private static float[][] matrix(List<Row> rows, List<String> columns) {
    float[][] matrix = new float[rows.size()][];
    for (int i = 0; i < matrix.length; i++) {
      matrix[i] = values(rows.get(i), columns);
      if (matrix[i].length != matrix[0].length) {
        throw new PeftException(
            "A row has %d values in its columns %s, and another %d; all need as many."
                .formatted(matrix[i].length, columns, matrix[0].length));
      }
    }
    return matrix;
  }

  private static float[] values(Row row, List<String> columns) {
    List<Float> values = new ArrayList<>();
    for (String column : columns) {
      if (!Arrays.asList(row.schema().fieldNames()).contains(column)) {
        throw new PeftException(
            "There is no column "
                + column
                + "; there are "
                + Arrays.toString(row.schema().fieldNames())
                + ".");
      }
      Object value = row.getAs(column);
      if (value instanceof Iterable<?> several) {
        CollectionConverters.asJava(several).forEach(one -> values.add(number(one, column)));
      } else {
        values.add(number(value, column));
      }
    }
    float[] result = new float[values.size()];
    for (int i = 0; i < result.length; i++) {
      result[i] = values.get(i);
    }
    return result;
  }

  private static float number(@Nullable Object value, String column) {
    if (value instanceof Number number) {
      return number.floatValue();
    }
    throw new PeftException(
        "The column "
            + column
            + " has "
            + (value == null ? "a null" : value.getClass().getSimpleName())
            + "; needed: numbers or arrays of numbers. Spark's vectors become arrays with"
            + " vector_to_array.");
  }
}
