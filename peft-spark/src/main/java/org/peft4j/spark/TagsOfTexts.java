package org.peft4j.spark;

import static org.apache.spark.sql.types.DataTypes.DoubleType;
import static org.apache.spark.sql.types.DataTypes.IntegerType;
import static org.apache.spark.sql.types.DataTypes.StringType;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.peft4j.transformers.TokenClassifier;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.prediction.TaggedWord;
import org.peft4j.transformers.prediction.TaggedWords;
import org.peft4j.transformers.tokenizer.TextInput;

/** Words of texts with their tags. */
record TagsOfTexts(String text) implements RowTask {
  @Override
  public List<String> columns() {
    return List.of(text);
  }

  @Override
  public Task task() {
    return Task.TOKEN_CLS;
  }

  @Override
  public DataType type() {
    return DataTypes.createArrayType(
        new StructType()
            .add("text", StringType)
            .add("begin", IntegerType)
            .add("end", IntegerType)
            .add("tag", StringType)
            .add("score", DoubleType),
        false);
  }

  @Override
  public List<Object> results(TransformerModel model, List<Row> rows, int batchSize) {
    List<TextInput> inputs = new ArrayList<>();
    rows.forEach(row -> inputs.add(TextInput.of(RowTask.textOf(row, text))));
    List<Object> results = new ArrayList<>();
    for (TaggedWords one :
        RowTask.of(TokenClassifier.class, model).predict(inputs, RowTask.options(batchSize))) {
      results.add(one.words().stream().map(TagsOfTexts::row).toArray());
    }
    return results;
  }

  private static Row row(TaggedWord word) {
    return RowFactory.create(word.text(), word.begin(), word.end(), word.tag(), word.score());
  }
}
