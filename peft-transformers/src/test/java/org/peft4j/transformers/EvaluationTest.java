package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;
import org.peft4j.prompt.tuning.PromptTuningConfig;
import org.peft4j.transformers.config.Labels;
import org.peft4j.transformers.evaluation.AnsweredQuestion;
import org.peft4j.transformers.evaluation.LabelledText;
import org.peft4j.transformers.evaluation.LabelledWords;
import org.peft4j.transformers.evaluation.SourceTarget;
import org.peft4j.transformers.evaluation.TextPair;
import org.peft4j.transformers.generation.GenerationConfig;
import org.peft4j.transformers.metrics.Scores;
import org.peft4j.transformers.metrics.TextMetrics;
import org.peft4j.transformers.prediction.AnswerOptions;
import org.peft4j.transformers.prediction.PredictionOptions;
import org.peft4j.transformers.tokenizer.TextInput;

/**
 * Scores of models whose predictions the reference tells, counted by hand: the labels, tags and
 * answers are in {@code expected.json}; correlations are SciPy's.
 */
class EvaluationTest {
  private static final Path FOLDER = Path.of("src/test/resources/golden/predictions");
  private static final double EXACT = 1e-12;

  private static List<JsonNode> expected(String name, String rows) {
    try {
      JsonNode all = new ObjectMapper().readTree(FOLDER.resolve("expected.json").toFile());
      JsonNode list = all.path(name).path(rows);
      return StreamSupport.stream(list.spliterator(), false).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String text(String name, int row) {
    return expected(name, "texts").get(row).path("text").textValue();
  }

  private static TextInput pair() {
    JsonNode pair = expected("bert_sequence", "pairs").get(0);
    return TextInput.pair(pair.path("first").textValue(), pair.path("second").textValue());
  }

  /** Predicted: good five times, then bad. */
  @Test
  void classesHaveAccuracyF1AndCorrelation() {
    PredictionOptions cut = PredictionOptions.defaults().withLongestInput(48).withBatchSize(4);
    List<LabelledText> examples = new ArrayList<>();
    List<String> right = List.of("good", "bad", "good", "middling", "good");
    for (int i = 0; i < right.size(); i++) {
      examples.add(LabelledText.of(text("bert_sequence", i), right.get(i)));
    }
    examples.add(LabelledText.of(pair(), "bad"));
    try (SequenceClassifier model = SequenceClassifier.load(FOLDER.resolve("bert_sequence"))) {
      Scores scores = model.evaluate(examples, cut);

      assertThat(scores.values().keySet())
          .containsExactly("accuracy", "macro_f1", "matthews_correlation");
      assertThat(scores.get("accuracy")).isCloseTo(4 / 6., within(EXACT));
      assertThat(scores.get("macro_f1")).isCloseTo((6 / 8. + 2 / 3.) / 3, within(EXACT));
      assertThat(scores.get("matthews_correlation"))
          .isCloseTo(7 / Math.sqrt(10 * 22), within(EXACT));
    }
  }

  /** Predicted: bad; none; good and bad; none. */
  @Test
  void severalLabelsHoldFromOneHalf() {
    List<LabelledText> examples =
        List.of(
            LabelledText.of(text("bert_several", 0), "good", "bad"),
            LabelledText.of(text("bert_several", 1)),
            LabelledText.of(text("bert_several", 2), "bad", "good"),
            LabelledText.of(text("bert_several", 3), "middling"));
    try (SequenceClassifier model = SequenceClassifier.load(FOLDER.resolve("bert_several"))) {
      Scores scores = model.evaluate(examples);

      assertThat(scores.get("subset_accuracy")).isEqualTo(0.5);
      assertThat(scores.get("micro_f1")).isCloseTo(6 / 8., within(EXACT));
      assertThat(scores.get("macro_f1")).isCloseTo((1 + 2 / 3.) / 3, within(EXACT));
    }
  }

  @Test
  void numbersHaveAnErrorAndCorrelations() {
    double[] right = {0.5, 1, -1, 2};
    List<LabelledText> examples = new ArrayList<>();
    for (int i = 0; i < right.length; i++) {
      examples.add(LabelledText.of(text("bert_number", i), right[i]));
    }
    try (SequenceClassifier model = SequenceClassifier.load(FOLDER.resolve("bert_number"))) {
      Scores scores = model.evaluate(examples);

      assertThat(scores.get("mse")).isCloseTo(0.5054221626439654, within(1e-5));
      assertThat(scores.get("pearson")).isCloseTo(0.7711840687679183, within(1e-5));
      assertThat(scores.get("spearman")).isCloseTo(0.8, within(1e-12));
    }
  }

  /** Predicted: I-LOC O I-LOC B-PER B-PER O I-LOC O I-LOC, six entities. */
  @Test
  void tagsHaveAccuracyAndEntities() {
    List<String> words =
        StreamSupport.stream(
                expected("bert_tokens", "words").get(0).path("words").spliterator(), false)
            .map(JsonNode::textValue)
            .toList();
    List<String> right = List.of("B-LOC", "O", "I-LOC", "B-PER", "O", "O", "I-PER", "O", "I-LOC");
    try (TokenClassifier model = TokenClassifier.load(FOLDER.resolve("bert_tokens"))) {
      Scores scores = model.evaluate(List.of(new LabelledWords(words, right)));

      assertThat(scores.get("accuracy")).isCloseTo(6 / 9., within(EXACT));
      assertThat(scores.get("precision")).isCloseTo(4 / 6., within(EXACT));
      assertThat(scores.get("recall")).isCloseTo(4 / 5., within(EXACT));
      assertThat(scores.get("f1")).isCloseTo(8 / 11., within(EXACT));
    }
  }

  @Test
  void tagsThatMarkNoEntitiesHaveAccuracyOnly() {
    Labels classes = Labels.of("noun", "verb", "other");
    try (TokenClassifier model = TokenClassifier.load(FOLDER.resolve("bert_vectors"), classes)) {
      List<String> words = List.of("The", "king", "left", ".");
      List<String> tags = new ArrayList<>(model.predict(words).tags());
      tags.set(2, tags.get(2).equals("noun") ? "verb" : "noun");
      Scores scores = model.evaluate(List.of(new LabelledWords(words, tags)));

      assertThat(scores.values()).containsExactly(Map.entry("accuracy", 0.75));
    }
  }

  /** Predicted: "upon", "isn't on the mat;" and "x". */
  @Test
  void answersHaveExactMatchesAndWordsInCommon() {
    List<JsonNode> rows = expected("bert_answers", "questions");
    List<AnsweredQuestion> examples =
        List.of(
            answered(rows.get(0), "a king", "upon a time"),
            answered(rows.get(1), "on the mat"),
            answered(rows.get(2), "X."));
    AnswerOptions windows = AnswerOptions.defaults().withWindows(48, 12);
    try (QuestionAnswerer model = QuestionAnswerer.load(FOLDER.resolve("bert_answers"))) {
      Scores scores = model.evaluate(examples, windows);

      assertThat(scores.get("exact_match")).isCloseTo(1 / 3., within(EXACT));
      assertThat(scores.get("f1")).isCloseTo((2 / 3. + 4 / 5. + 1) / 3, within(EXACT));
    }
  }

  private static AnsweredQuestion answered(JsonNode row, String... answers) {
    return AnsweredQuestion.of(
        row.path("question").textValue(), row.path("context").textValue(), answers);
  }

  @Test
  void noAnswerIsLookedForWhereAnExampleHasNone() {
    try (QuestionAnswerer model = QuestionAnswerer.load(FOLDER.resolve("bert_answers"))) {
      List<TextInput.Pair> all = new ArrayList<>();
      for (String word : List.of("king", "cat", "mat", "hat", "x", "son", "12", "time", "three")) {
        all.add(new TextInput.Pair("Who?", word));
      }
      List<Boolean> none =
          model.predict(all, AnswerOptions.defaults().orNone(0)).stream()
              .map(answer -> answer.isNone())
              .toList();
      List<AnsweredQuestion> unanswered =
          all.stream().map(each -> AnsweredQuestion.of(each.first(), each.second())).toList();

      assertThat(none).contains(true);
      assertThat(model.evaluate(unanswered).get("exact_match"))
          .isCloseTo(none.stream().filter(is -> is).count() / 9., within(EXACT));
      assertThat(model.evaluate(unanswered, AnswerOptions.defaults()).get("f1")).isZero();
    }
  }

  @Test
  void pairsWithScoresHaveTheCorrelationOfTheirCosines() {
    int[][] pairs = {{0, 1}, {1, 2}, {2, 3}, {3, 4}, {0, 4}};
    double[] right = {0.1, 0.2, 0.9, 0.4, 0.7};
    List<TextPair> examples = new ArrayList<>();
    for (int i = 0; i < pairs.length; i++) {
      examples.add(
          TextPair.of(
              text("bert_vectors", pairs[i][0]), text("bert_vectors", pairs[i][1]), right[i]));
    }
    try (Encoder model = Encoder.load(FOLDER.resolve("bert_vectors"))) {
      Scores scores = model.evaluate(examples);

      assertThat(scores.values().keySet()).containsExactly("spearman");
      assertThat(scores.get("spearman")).isCloseTo(0.6, within(EXACT));
    }
  }

  @Test
  void pairsWithoutScoresFindEachOther() {
    List<TextPair> examples =
        List.of(
            TextPair.of(text("bert_vectors", 0), text("bert_vectors", 3)),
            TextPair.of(text("bert_vectors", 1), text("bert_vectors", 2)),
            TextPair.of(text("bert_vectors", 2), text("bert_vectors", 4)));
    try (Encoder model = Encoder.load(FOLDER.resolve("bert_vectors"))) {
      Scores scores = model.evaluate(examples);

      assertThat(scores.values().keySet()).containsExactly("recall@1", "recall@5", "recall@10");
      assertThat(scores.get("recall@1")).isCloseTo(2 / 3., within(EXACT));
      assertThat(scores.get("recall@5")).isEqualTo(1);
    }
  }

  @Test
  void writtenTextsAreComparedWithTheirTargets() {
    List<JsonNode> rows = expected("t5_text", "prompts");
    List<String> written = rows.stream().map(row -> row.path("greedy").textValue()).toList();
    List<String> right = List.of(written.get(0), written.get(1).substring(3) + " the hat");
    List<SourceTarget> examples = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      examples.add(new SourceTarget(rows.get(i).path("prompt").textValue(), right.get(i)));
    }
    try (Seq2SeqLanguageModel model = Seq2SeqLanguageModel.load(FOLDER.resolve("t5_text"))) {
      Scores scores = model.evaluate(examples);

      assertThat(scores).isEqualTo(TextMetrics.of(written, right));
      assertThat(scores.get("exact_match")).isEqualTo(0.5);
      assertThat(scores.get("chrf")).isBetween(0.3, 0.99);
      assertThat(model.evaluate(examples, GenerationConfig.builder().build(), 1)).isEqualTo(scores);
      GenerationConfig two = GenerationConfig.builder().numBeams(2).numReturnSequences(2).build();
      assertThatThrownBy(() -> model.evaluate(examples, two, 1))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("num_return_sequences 2");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "saved", "prompt"})
  void textsHaveTheLossOfTheGraph(String adapter) {
    List<String> texts = List.of("Once upon a time there was a king.", "The cat's hat", "");
    try (CausalLanguageModel model = CausalLanguageModel.load(FOLDER.resolve("llama_text"))) {
      Scores alone = model.evaluate(texts);
      if (adapter.equals("saved")) {
        model.adapt(FOLDER.resolve("adapters/text"));
      } else if (adapter.equals("prompt")) {
        model.wrap(PromptTuningConfig.builder().virtualTokens(3).build());
      }
      double loss = 0;
      int count = 0;
      int right = 0;
      for (String text : texts.subList(0, 2)) {
        int[] tokens = model.tokenizer().encode(text, true);
        INDArray ids = Nd4j.createFromArray(new int[][] {tokens});
        INDArray[] features = {ids};
        INDArray labels = ids.dup().putScalar(0, 0, -100);
        MultiDataSet batch = new MultiDataSet(features, new INDArray[] {labels});
        loss += model.network().score(batch) * (tokens.length - 1);
        INDArray best = model.network().output(false, features, null)[0].argMax(2);
        for (int t = 1; t < tokens.length; t++) {
          right += best.getInt(0, t - 1) == tokens[t] ? 1 : 0;
        }
        count += tokens.length - 1;
      }

      Scores scores = model.evaluate(texts);
      assertThat(scores.get("loss")).isCloseTo(loss / count, within(1e-5));
      assertThat(scores.equals(alone)).isEqualTo(adapter.equals("none"));
      assertThat(scores.get("perplexity")).isCloseTo(Math.exp(scores.get("loss")), within(EXACT));
      assertThat(scores.get("token_accuracy")).isCloseTo((double) right / count, within(EXACT));
      Scores together = model.evaluate(texts, PredictionOptions.defaults());
      assertThat(together.get("loss")).isCloseTo(scores.get("loss"), within(1e-5));
      assertThatThrownBy(() -> model.evaluate(List.of()))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("nothing to measure");
    }
  }

  @Test
  void examplesOfAnotherKindAreRefused() {
    try (SequenceClassifier model = SequenceClassifier.load(FOLDER.resolve("bert_sequence"));
        SequenceClassifier number = SequenceClassifier.load(FOLDER.resolve("bert_number"));
        Encoder encoder = Encoder.load(FOLDER.resolve("bert_vectors"))) {
      assertRefused(
          () -> model.evaluate(List.of(LabelledText.of("x", "bad"), LabelledText.of("x", "goood"))),
          "Example 1 has the label \"goood\", which the model has not. Nearest: \"good\"");
      assertRefused(
          () -> model.evaluate(List.of(LabelledText.of("x", "bad", "good"))),
          "Example 0 has the labels [bad, good] and the numbers []; the model gives each input one"
              + " label.");
      assertRefused(
          () -> number.evaluate(List.of(LabelledText.of("x", "LABEL_0"))),
          "the model gives each input a number.");
      assertRefused(
          () -> encoder.evaluate(List.of(TextPair.of("a", "b"), TextPair.of("a", "b", 1))),
          "1 of 2 pairs have a score; give one to each, or to none.");
      assertRefused(() -> model.evaluate(List.of()), "nothing to measure");
      assertRefused(() -> encoder.evaluate(List.of()), "nothing to measure");
    }
    assertRefused(() -> new LabelledWords(List.of("a", "b"), List.of("O")), "1 tags for 2 words");
    assertRefused(() -> LabelledText.of("x", "a", "a"), "give each of them once");
    assertRefused(() -> LabelledText.of("x", Double.NaN), "finite");
    assertRefused(() -> TextPair.of("x", "y", Double.POSITIVE_INFINITY), "Infinity");
  }

  private static void assertRefused(Runnable action, String message) {
    assertThatThrownBy(action::run).isInstanceOf(PeftException.class).hasMessageContaining(message);
  }
}
