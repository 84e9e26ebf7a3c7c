package org.peft4j.spark;

import static org.apache.spark.sql.types.DataTypes.FloatType;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.peft4j.transformers.Encoder;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.VectorSettings;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.tokenizer.TextInput;

/** Vectors of texts. */
record VectorsOfTexts(String text) implements RowTask {
  @Override
  public List<String> columns() {
    return List.of(text);
  }

  @Override
  public Task task() {
    return Task.FEATURE_EXTRACTION;
  }

  @Override
  public DataType type() {
    return DataTypes.createArrayType(FloatType, false);
  }

  @Override
  public List<Object> results(TransformerModel model, List<Row> rows, int batchSize) {
    List<TextInput> inputs = new ArrayList<>();
    rows.forEach(row -> inputs.add(TextInput.of(RowTask.textOf(row, text))));
    VectorSettings settings = VectorSettings.read(model.folder());
    return new ArrayList<>(
        RowTask.of(Encoder.class, model)
            .embed(
                inputs,
                settings.pooling(),
                settings.normalised(),
                settings.in(RowTask.options(batchSize))));
  }
}
