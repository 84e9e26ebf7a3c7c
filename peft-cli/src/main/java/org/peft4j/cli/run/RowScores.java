package org.peft4j.cli.run;

import java.util.concurrent.atomic.AtomicBoolean;
import org.peft4j.cli.options.DataOptions;
import org.peft4j.cli.options.HeadChoice;
import org.peft4j.cli.options.OpenModel;
import org.peft4j.cli.options.TaskReader;
import org.peft4j.train.data.table.Table;
import org.peft4j.train.data.task.EvaluationRows;
import org.peft4j.transformers.QuestionAnswerer;
import org.peft4j.transformers.SequenceClassifier;
import org.peft4j.transformers.TokenClassifier;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.evaluation.AnsweredQuestion;
import org.peft4j.transformers.metrics.Scores;
import org.peft4j.transformers.prediction.AnswerOptions;
import org.peft4j.transformers.prediction.PredictionOptions;

/**
 * The metrics of labels, tags and answers on the rows of a file. Rows that name tasks of multitask
 * prompts have none: a model predicts for one task at a time.
 */
final class RowScores {
  private RowScores() {}

  /** Those of a model's task; none for files of tokens, language models and vectors. */
  static Scores of(OpenModel open, TaskHead head, DataOptions data) {
    if (!Table.has(data.data)) {
      return Scores.NONE;
    }
    Table table = Table.of(data.data, HeadChoice.columns(data));
    AtomicBoolean tasks = new AtomicBoolean();
    table.forEach(row -> tasks.compareAndSet(false, row.task().isPresent()));
    if (tasks.get()) {
      return Scores.NONE;
    }
    TransformerModel model = open.base();
    open.wrapped().ifPresent(model::use);
    EvaluationRows rows = new EvaluationRows(table, head);
    PredictionOptions plain = PredictionOptions.defaults().withBatchSize(data.batchSize);
    PredictionOptions options = data.sequenceLength.map(plain::withLongestInput).orElse(plain);
    return TaskReader.OPTIONS.in(
        () -> {
          if (model instanceof SequenceClassifier classifier) {
            return classifier.evaluate(rows.texts(), options);
          }
          if (model instanceof TokenClassifier tagger) {
            return tagger.evaluate(rows.words(), options);
          }
          return model instanceof QuestionAnswerer reader
              ? answers(reader, rows, data)
              : Scores.NONE;
        });
  }

  private static Scores answers(QuestionAnswerer reader, EvaluationRows rows, DataOptions data) {
    AnswerOptions plain = AnswerOptions.defaults().withBatchSize(data.batchSize);
    AnswerOptions options =
        plain.withWindows(
            data.sequenceLength.orElse(plain.longestInput()), data.stride.orElse(plain.stride()));
    var questions = rows.questions();
    boolean none = questions.stream().anyMatch(AnsweredQuestion::hasNone);
    return reader.evaluate(questions, none ? options.orNone(0) : options);
  }
}
