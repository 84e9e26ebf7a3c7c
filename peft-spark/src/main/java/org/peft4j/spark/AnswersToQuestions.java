package org.peft4j.spark;

import static org.apache.spark.sql.types.DataTypes.DoubleType;
import static org.apache.spark.sql.types.DataTypes.IntegerType;
import static org.apache.spark.sql.types.DataTypes.StringType;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import org.peft4j.transformers.QuestionAnswerer;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.prediction.Answer;
import org.peft4j.transformers.prediction.AnswerOptions;
import org.peft4j.transformers.tokenizer.TextInput;

/** Answers that contexts have to questions. */
record AnswersToQuestions(String question, String context) implements RowTask {
  @Override
  public List<String> columns() {
    return List.of(question, context);
  }

  @Override
  public Task task() {
    return Task.QUESTION_ANS;
  }

  @Override
  public DataType type() {
    return new StructType()
        .add("text", StringType)
        .add("begin", IntegerType)
        .add("end", IntegerType)
        .add("score", DoubleType);
  }

  @Override
  public List<Object> results(TransformerModel model, List<Row> rows, int batchSize) {
    List<TextInput.Pair> inputs = new ArrayList<>();
    rows.forEach(
        row ->
            inputs.add(
                (TextInput.Pair)
                    TextInput.pair(RowTask.textOf(row, question), RowTask.textOf(row, context))));
    List<Object> results = new ArrayList<>();
    for (Answer one :
        RowTask.of(QuestionAnswerer.class, model)
            .predict(inputs, AnswerOptions.defaults().withBatchSize(batchSize))) {
      results.add(RowFactory.create(one.text(), one.begin(), one.end(), one.score()));
    }
    return results;
  }
}
