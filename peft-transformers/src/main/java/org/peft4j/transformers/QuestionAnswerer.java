package org.peft4j.transformers;

import java.nio.file.Path;
import java.util.List;
import org.peft4j.transformers.evaluation.AnsweredQuestion;
import org.peft4j.transformers.internal.model.FrozenModel;
import org.peft4j.transformers.internal.predict.AnswerSearch;
import org.peft4j.transformers.metrics.AnswerMetrics;
import org.peft4j.transformers.metrics.Scores;
import org.peft4j.transformers.prediction.Answer;
import org.peft4j.transformers.prediction.AnswerOptions;
import org.peft4j.transformers.tokenizer.TextInput;

/**
 * A loaded model that finds answers in a text. The output of its graph, {@code qa_outputs}, is
 * logits [batch, time, 2]: whether the answer begins at a token, and whether it ends there.
 *
 * <p>Labels are the positions of the first and the last token of the answer, [batch, 2]; one that
 * is −100, or at the end of the sequence or behind, counts as none. The loss is half the mean
 * cross-entropy of the first positions, and half that of the last ones, in nats.
 *
 * <p>With adapters of the task {@code QUESTION_ANS} the head trains too, as the adapter's own copy.
 */
public final class QuestionAnswerer extends TransformerModel {
  QuestionAnswerer(Path folder, FrozenModel model, TransformerOptions options) {
    super(folder, model, options);
  }

  /** {@link Transformers#loadQuestionAnswerer(Path, TransformerOptions)} with the defaults. */
  public static QuestionAnswerer load(Path folder) {
    return Transformers.loadQuestionAnswerer(folder, TransformerOptions.defaults());
  }

  /** The best answer to a question in a context of any length. */
  public Answer predict(String question, String context) {
    TextInput.Pair pair = new TextInput.Pair(question, context);
    return predict(List.of(pair), AnswerOptions.defaults()).get(0);
  }

  /**
   * The best answer to each question, the first text of a pair, in its context, the second. Long
   * contexts are read in windows.
   *
   * @throws org.peft4j.error.PeftException if a question leaves no room for the context in a
   *     window, the folder has no tokenizer, or a score is no number
   */
  public List<Answer> predict(List<TextInput.Pair> questions, AnswerOptions options) {
    return new AnswerSearch(batches(), options).of(questions);
  }

  /**
   * {@link #evaluate(List, AnswerOptions)} with the default options; if an example has no answer,
   * the model may give none too.
   */
  public Scores evaluate(List<AnsweredQuestion> examples) {
    AnswerOptions options = AnswerOptions.defaults();
    boolean none = examples.stream().anyMatch(AnsweredQuestion::hasNone);
    return evaluate(examples, none ? options.orNone(0) : options);
  }

  /**
   * How well it answers examples: {@code exact_match} and {@code f1}, 0 to 1.
   *
   * @throws org.peft4j.error.PeftException if there is no example; or as {@link #predict(List,
   *     AnswerOptions)} does
   */
  public Scores evaluate(List<AnsweredQuestion> examples, AnswerOptions options) {
    List<TextInput.Pair> questions =
        examples.stream().map(each -> new TextInput.Pair(each.question(), each.context())).toList();
    return AnswerMetrics.of(
        predict(questions, options).stream().map(Answer::text).toList(),
        examples.stream().map(AnsweredQuestion::answers).toList());
  }
}
