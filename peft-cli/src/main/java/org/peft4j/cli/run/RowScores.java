package org.peft4j.cli.run;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.peft4j.cli.options.DataOptions;
import org.peft4j.cli.options.OpenModel;
import org.peft4j.cli.options.TaskReader;
import org.peft4j.cli.options.VectorOptions;
import org.peft4j.train.data.table.LanguagePair;
import org.peft4j.train.data.table.Row;
import org.peft4j.train.data.task.EvaluationRows;
import org.peft4j.transformers.Encoder;
import org.peft4j.transformers.QuestionAnswerer;
import org.peft4j.transformers.Seq2SeqLanguageModel;
import org.peft4j.transformers.SequenceClassifier;
import org.peft4j.transformers.TokenClassifier;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.evaluation.AnsweredQuestion;
import org.peft4j.transformers.evaluation.LabelledText;
import org.peft4j.transformers.evaluation.SourceTarget;
import org.peft4j.transformers.evaluation.TextPair;
import org.peft4j.transformers.metrics.AnswerMetrics;
import org.peft4j.transformers.metrics.Scores;
import org.peft4j.transformers.metrics.TextMetrics;
import org.peft4j.transformers.prediction.Answer;
import org.peft4j.transformers.prediction.AnswerOptions;
import org.peft4j.transformers.prediction.PredictionOptions;
import org.peft4j.transformers.tokenizer.TextInput;

/**
 * The metrics of labels, tags, answers, vectors and written texts on rows of a file. Rows that name
 * a task of multitask prompts are predicted for that task.
 */
record RowScores(
    OpenModel open, TaskHead head, DataOptions data, VectorOptions vectors, Writer writer) {
  /** Makes what writes texts. */
  interface Writer {
    /** What writes so many texts. */
    WrittenTexts of(OpenModel open, int count);
  }

  /** Those of the model's task; none for causal language models. */
  Scores of(List<Row> rows) {
    TransformerModel model = open.base();
    open.wrapped().ifPresent(model::use);
    EvaluationRows examples = new EvaluationRows(rows, head);
    return TaskReader.OPTIONS.in(
        () -> {
          if (model instanceof SequenceClassifier classifier) {
            List<LabelledText> texts = examples.texts();
            List<TextInput> inputs = texts.stream().map(LabelledText::input).toList();
            return classifier.score(
                texts, ofTasks(rows, inputs, some -> classifier.predict(some, options())));
          }
          if (model instanceof TokenClassifier tagger) {
            var words = examples.words();
            List<TextInput> inputs =
                words.stream().<TextInput>map(each -> TextInput.words(each.words())).toList();
            return tagger.score(
                words, ofTasks(rows, inputs, some -> tagger.predict(some, options())));
          }
          if (model instanceof QuestionAnswerer reader) {
            return answers(reader, rows, examples.questions());
          }
          if (model instanceof Encoder encoder) {
            return pairs(encoder, rows, examples.pairs());
          }
          return model instanceof Seq2SeqLanguageModel
              ? texts(rows, examples.sources())
              : Scores.NONE;
        });
  }

  private PredictionOptions options() {
    PredictionOptions plain = PredictionOptions.defaults().withBatchSize(data.batchSize);
    return data.sequenceLength.map(plain::withLongestInput).orElse(plain);
  }

  private Scores answers(QuestionAnswerer reader, List<Row> rows, List<AnsweredQuestion> asked) {
    AnswerOptions plain = AnswerOptions.defaults().withBatchSize(data.batchSize);
    AnswerOptions windows =
        plain.withWindows(
            data.sequenceLength.orElse(plain.longestInput()), data.stride.orElse(plain.stride()));
    boolean none = asked.stream().anyMatch(AnsweredQuestion::hasNone);
    AnswerOptions options = none ? windows.orNone(0) : windows;
    List<TextInput.Pair> questions =
        asked.stream().map(each -> new TextInput.Pair(each.question(), each.context())).toList();
    return AnswerMetrics.of(
        ofTasks(rows, questions, some -> reader.predict(some, options)).stream()
            .map(Answer::text)
            .toList(),
        asked.stream().map(AnsweredQuestion::answers).toList());
  }

  private Scores pairs(Encoder encoder, List<Row> rows, List<TextPair> pairs) {
    List<TextInput> texts =
        Stream.concat(pairs.stream().map(TextPair::first), pairs.stream().map(TextPair::second))
            .<TextInput>map(TextInput::of)
            .toList();
    List<Row> twice = Stream.concat(rows.stream(), rows.stream()).toList();
    return Encoder.score(
        pairs,
        ofTasks(
            twice,
            texts,
            some -> encoder.embed(some, vectors.pooling(open.base().folder()), true, options())));
  }

  private Scores texts(List<Row> rows, List<SourceTarget> examples) {
    WrittenTexts writing = writer.of(open, rows.size());
    List<TextInput> sources =
        examples.stream().<TextInput>map(each -> TextInput.of(each.source())).toList();
    List<List<String>> written =
        new RowGroups(open.base(), open.wrapped(), data.languages.all(), rows)
            .results(
                sources,
                (pair, some) ->
                    inBatches(some, data.batchSize, inputs -> writing.of(inputs, pair)));
    return TextMetrics.of(
        written.stream().map(each -> each.get(0)).toList(),
        examples.stream().map(SourceTarget::target).toList());
  }

  private static <I, R> List<R> inBatches(
      List<I> inputs, int size, Function<List<I>, List<R>> results) {
    List<R> all = new ArrayList<>();
    for (int from = 0; from < inputs.size(); from += size) {
      all.addAll(results.apply(inputs.subList(from, Math.min(inputs.size(), from + size))));
    }
    return all;
  }

  /** Results in the order of the rows; those of one task at a time, if the adapters know tasks. */
  private <I, R> List<R> ofTasks(
      List<Row> rows, List<I> inputs, Function<List<I>, List<R>> results) {
    return new RowGroups(open.base(), open.wrapped(), LanguagePair.NONE, rows)
        .results(inputs, (pair, some) -> results.apply(some));
  }
}
