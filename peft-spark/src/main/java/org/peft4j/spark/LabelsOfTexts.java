package org.peft4j.spark;

import static org.apache.spark.sql.types.DataTypes.DoubleType;
import static org.apache.spark.sql.types.DataTypes.StringType;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.peft4j.transformers.SequenceClassifier;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.prediction.LabelScores;
import org.peft4j.transformers.tokenizer.TextInput;
import scala.jdk.javaapi.CollectionConverters;

/** Labels of texts, or of two texts together. */
record LabelsOfTexts(List<String> columns) implements RowTask {
  @Override
  public Task task() {
    return Task.SEQ_CLS;
  }

  @Override
  public DataType type() {
    return new StructType()
        .add("label", StringType)
        .add("score", DoubleType)
        .add("scores", DataTypes.createMapType(StringType, DoubleType, false));
  }

  @Override
  public List<Object> results(TransformerModel model, List<Row> rows, int batchSize) {
    List<TextInput> inputs = rows.stream().map(this::input).toList();
    List<Object> results = new ArrayList<>();
    for (LabelScores one :
        RowTask.of(SequenceClassifier.class, model).predict(inputs, RowTask.options(batchSize))) {
      results.add(
          RowFactory.create(one.label(), one.score(), CollectionConverters.asScala(one.scores())));
    }
    return results;
  }

  private TextInput input(Row row) {
    String first = RowTask.textOf(row, columns.get(0));
    return columns.size() == 1
        ? TextInput.of(first)
        : TextInput.pair(first, RowTask.textOf(row, columns.get(1)));
  }
}
