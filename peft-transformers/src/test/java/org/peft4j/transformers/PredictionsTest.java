package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.generation.GenerationConfig;
import org.peft4j.transformers.prediction.Answer;
import org.peft4j.transformers.prediction.AnswerOptions;
import org.peft4j.transformers.prediction.Entity;
import org.peft4j.transformers.prediction.LabelScores;
import org.peft4j.transformers.prediction.PredictionOptions;
import org.peft4j.transformers.prediction.TaggedWord;
import org.peft4j.transformers.prediction.TaggedWords;
import org.peft4j.transformers.tokenizer.TextInput;

/** What models say of texts is what transformers' pipelines say, from the same files. */
class PredictionsTest {
  private static final Path FOLDER = Path.of("src/test/resources/golden/predictions");
  private static final PredictionOptions ONE = PredictionOptions.defaults().withBatchSize(1);
  private static final double EXACT = 1e-5;
  private static final double BATCHED = 1e-5;

  private static JsonNode expected(String name) {
    try {
      return new ObjectMapper().readTree(FOLDER.resolve("expected.json").toFile()).path(name);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static List<JsonNode> rows(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false).toList();
  }

  private static List<TextInput> inputs(JsonNode expected) {
    List<TextInput> inputs = new ArrayList<>();
    for (JsonNode row : expected.path("texts")) {
      inputs.add(TextInput.of(row.path("text").textValue()));
    }
    for (JsonNode row : expected.path("pairs")) {
      inputs.add(TextInput.pair(row.path("first").textValue(), row.path("second").textValue()));
    }
    return inputs;
  }

  private static List<JsonNode> scores(JsonNode expected) {
    List<JsonNode> scores = new ArrayList<>(rows(expected.path("texts")));
    scores.addAll(rows(expected.path("pairs")));
    return scores.stream().map(row -> row.path("scores")).toList();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bert_sequence",
        "bert_several",
        "bert_number",
        "distilbert_sequence",
        "llama_sequence"
      })
  void scoresOfLabelsArePipelines(String name) {
    JsonNode expected = expected(name);
    PredictionOptions cut = ONE.withLongestInput(48);
    try (SequenceClassifier model = SequenceClassifier.load(FOLDER.resolve(name))) {
      List<LabelScores> alone = model.predict(inputs(expected), cut);
      compare(alone, scores(expected), EXACT);
      compare(model.predict(inputs(expected), cut.withBatchSize(3)), scores(expected), BATCHED);
      compare(model.predict(inputs(expected), cut.withBatchSize(99)), scores(expected), BATCHED);

      assertThat(model.predict("x")).isEqualTo(alone.get(3));
      JsonNode pair = expected.path("pairs").path(0);
      String second = pair.path("second").textValue();
      assertThat(model.predict(pair.path("first").textValue(), second)).isEqualTo(alone.get(5));
    }
  }

  private static void compare(List<LabelScores> actual, List<JsonNode> expected, double error) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.size(); i++) {
      assertThat(actual.get(i).scores()).hasSize(expected.get(i).size());
      for (Map.Entry<String, Double> score : actual.get(i).scores().entrySet()) {
        double wanted = expected.get(i).path(score.getKey()).doubleValue();
        assertThat(score.getValue())
            .as("%d %s", i, score.getKey())
            .isCloseTo(wanted, within(error));
      }
    }
  }

  @Test
  void aGraphWithAnInputOfTypesGivesTheSame() {
    JsonNode expected = expected("bert_sequence");
    TransformerOptions typed = TransformerOptions.defaults().withTokenTypes(true);
    Path folder = FOLDER.resolve("bert_sequence");
    try (SequenceClassifier model = Transformers.loadClassifier(folder, typed)) {
      compare(model.predict(inputs(expected), ONE), scores(expected), EXACT);
      compare(model.predict(inputs(expected), ONE.withBatchSize(4)), scores(expected), BATCHED);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"bert_tokens", "roberta_tokens"})
  void tagsOfTextsArePipelines(String name) {
    List<JsonNode> rows = rows(expected(name).path("texts"));
    List<String> texts = rows.stream().map(row -> row.path("text").textValue()).toList();
    List<TextInput> inputs = texts.stream().map(TextInput::of).toList();
    try (TokenClassifier model = TokenClassifier.load(FOLDER.resolve(name))) {
      for (PredictionOptions options : List.of(ONE, ONE.withBatchSize(3))) {
        double error = options.batchSize() == 1 ? EXACT : BATCHED;
        List<TaggedWords> words = model.predict(inputs, options);
        List<TaggedWords> pieces = model.predictPieces(texts, options);
        for (int i = 0; i < rows.size(); i++) {
          comparePieces(pieces.get(i), rows.get(i), error);
          compare(pieces.get(i).entities(), rows.get(i).path("simple"), texts.get(i), error);
          if (model.tokenizer().marksPieces()) {
            // For other tokenizers, the pipeline takes a space that is a piece for a word.
            compare(words.get(i).entities(), rows.get(i).path("first"), texts.get(i), error);
          }
        }
      }
      assertThat(model.predict(texts.get(0))).isEqualTo(model.predict(inputs, ONE).get(0));
    }
  }

  private static void comparePieces(TaggedWords actual, JsonNode expected, double error) {
    assertThat(actual.words()).hasSameSizeAs(expected.path("none"));
    for (int i = 0; i < actual.words().size(); i++) {
      TaggedWord word = actual.words().get(i);
      JsonNode wanted = expected.path("none").path(i);
      assertThat(word.tag()).isEqualTo(wanted.path("entity").textValue());
      assertThat(word.score()).isCloseTo(wanted.path("score").doubleValue(), within(error));
    }
  }

  /** The reference counts code points, and has entities of the label O too. */
  private static void compare(List<Entity> actual, JsonNode all, String text, double error) {
    List<JsonNode> expected =
        rows(all).stream().filter(row -> !row.path("entity_group").asText().equals("O")).toList();
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.size(); i++) {
      JsonNode wanted = expected.get(i);
      assertThat(actual.get(i).label()).isEqualTo(wanted.path("entity_group").textValue());
      assertThat(actual.get(i).begin())
          .isEqualTo(text.offsetByCodePoints(0, wanted.path("start").intValue()));
      assertThat(actual.get(i).end())
          .isEqualTo(text.offsetByCodePoints(0, wanted.path("end").intValue()));
      assertThat(actual.get(i).text())
          .isEqualTo(text.substring(actual.get(i).begin(), actual.get(i).end()));
      assertThat(actual.get(i).score())
          .isCloseTo(wanted.path("score").doubleValue(), within(error));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"bert_tokens", "roberta_tokens"})
  void aWordHasTheTagOfItsFirstPiece(String name) {
    try (TokenClassifier model = TokenClassifier.load(FOLDER.resolve(name))) {
      for (JsonNode row : expected(name).path("words")) {
        List<String> words = rows(row.path("words")).stream().map(JsonNode::textValue).toList();
        TaggedWords tagged = model.predict(words);

        assertThat(tagged.text()).isEqualTo(String.join(" ", words));
        assertThat(tagged.tags())
            .isEqualTo(rows(row.path("tags")).stream().map(JsonNode::textValue).toList());
        for (int i = 0; i < words.size(); i++) {
          TaggedWord word = tagged.words().get(i);
          assertThat(word.score())
              .isCloseTo(row.path("scores").path(i).doubleValue(), within(EXACT));
          assertThat(word.text()).isEqualTo(words.get(i));
          assertThat(tagged.text().substring(word.begin(), word.end())).isEqualTo(words.get(i));
        }
      }
    }
  }

  @Test
  void wordsOfTokenizersWithoutMarksStandBetweenSpaces() {
    try (TokenClassifier model = TokenClassifier.load(FOLDER.resolve("roberta_tokens"))) {
      TaggedWords tagged = model.predict(" the king's \ud83d\ude00,\tna\u00efve  12!");

      assertThat(tagged.words().stream().map(TaggedWord::text).toList())
          .containsExactly("the", "king's", "\ud83d\ude00,", "na\u00efve", "12!");
      assertThat(tagged.words())
          .allMatch(word -> tagged.text().startsWith(word.text(), word.begin()));
    }
  }

  @Test
  void everyWordOfALongTextHasATag() {
    List<String> words =
        IntStream.range(0, 90).mapToObj(i -> List.of("king", "had", "a").get(i % 3)).toList();
    try (TokenClassifier model = TokenClassifier.load(FOLDER.resolve("bert_tokens"))) {
      TaggedWords tagged = model.predict(words);

      assertThat(tagged.words()).hasSize(90).allMatch(word -> word.score() > 0.2);
      assertThat(model.predict(List.of("king", "", "\u0007")).words().subList(1, 3))
          .containsExactly(
              new TaggedWord("", 5, 5, "O", 0), new TaggedWord("\u0007", 6, 7, "O", 0));
      assertThat(model.predict("").words()).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "bert_answers, best",
    "bert_answers, short",
    "bert_answers, none",
    "roberta_answers, best",
    "roberta_answers, short",
    "roberta_answers, none"
  })
  void answersFollowTheReferencesFormula(String name, String settings) {
    AnswerOptions options = AnswerOptions.defaults().withWindows(48, 12);
    if (settings.equals("short")) {
      options = options.withWindows(30, 5).withLongestAnswer(3).withCandidates(7);
    } else if (settings.equals("none")) {
      options = options.orNone(0);
    }
    List<JsonNode> rows = rows(expected(name).path("questions"));
    List<TextInput.Pair> questions =
        rows.stream()
            .map(
                row ->
                    new TextInput.Pair(
                        row.path("question").textValue(), row.path("context").textValue()))
            .toList();
    try (QuestionAnswerer model = QuestionAnswerer.load(FOLDER.resolve(name))) {
      for (int size : List.of(1, 4)) {
        List<Answer> answers = model.predict(questions, options.withBatchSize(size));
        for (int i = 0; i < rows.size(); i++) {
          JsonNode wanted = rows.get(i).path(settings);
          Answer answer = answers.get(i);
          String context = questions.get(i).second();
          assertThat(answer.text()).isEqualTo(wanted.path("text").textValue());
          assertThat(context.codePointCount(0, answer.begin()))
              .isEqualTo(wanted.path("begin").intValue());
          assertThat(context.substring(answer.begin(), answer.end())).isEqualTo(answer.text());
          assertThat(answer.score())
              .isCloseTo(wanted.path("score").doubleValue(), within(size == 1 ? EXACT : BATCHED));
        }
      }
    }
  }

  @Test
  void vectorsAreTheReferences() {
    List<JsonNode> rows = rows(expected("bert_vectors").path("texts"));
    List<String> texts = rows.stream().map(row -> row.path("text").textValue()).toList();
    List<TextInput> inputs = texts.stream().map(TextInput::of).toList();
    try (Encoder model = Encoder.load(FOLDER.resolve("bert_vectors"))) {
      List<float[]> normalised = model.embed(texts);
      List<float[]> means = model.embed(inputs, VectorPooling.MEAN, false, ONE);
      List<float[]> firsts = model.embed(inputs, VectorPooling.FIRST, false, ONE.withBatchSize(2));
      List<float[]> lasts = model.embed(inputs, VectorPooling.LAST, false, ONE.withBatchSize(9));
      for (int i = 0; i < rows.size(); i++) {
        compare(normalised.get(i), rows.get(i).path("normalised"));
        compare(means.get(i), rows.get(i).path("mean"));
        compare(firsts.get(i), rows.get(i).path("first"));
        compare(lasts.get(i), rows.get(i).path("last"));
      }
      assertThat(model.embed(texts.get(1))).containsExactly(normalised.get(1), within(1e-5f));
    }
  }

  private static void compare(float[] actual, JsonNode expected) {
    assertThat(actual).hasSize(expected.size());
    for (int i = 0; i < actual.length; i++) {
      assertThat(actual[i]).isCloseTo((float) expected.get(i).doubleValue(), within(1e-5f));
    }
  }

  @Test
  void textsAreTheReferences() {
    GenerationConfig beams = GenerationConfig.builder().maxNewTokens(6).numBeams(3).build();
    try (CausalLanguageModel llama = CausalLanguageModel.load(FOLDER.resolve("llama_text"));
        Seq2SeqLanguageModel t5 = Seq2SeqLanguageModel.load(FOLDER.resolve("t5_text"))) {
      for (JsonNode row : expected("llama_text").path("prompts")) {
        String prompt = row.path("prompt").textValue();
        assertThat(llama.predict(prompt)).isEqualTo(row.path("greedy").textValue());
        assertThat(llama.predict(List.of(prompt), beams))
            .containsExactly(row.path("beams").textValue());
      }
      for (JsonNode row : expected("t5_text").path("prompts")) {
        String text = row.path("prompt").textValue();
        assertThat(t5.predict(text)).isEqualTo(row.path("greedy").textValue());
        assertThat(t5.predict(List.of(text), beams)).containsExactly(row.path("beams").textValue());
      }
    }
  }

  @Test
  void scoresAreAskedForByName() {
    try (SequenceClassifier model = SequenceClassifier.load(FOLDER.resolve("bert_sequence"));
        SequenceClassifier number = SequenceClassifier.load(FOLDER.resolve("bert_number"))) {
      LabelScores scores = model.predict("x");

      assertThat(scores.score()).isEqualTo(scores.score(scores.label()));
      assertThat(scores.labels(0)).hasSize(3).startsWith(scores.label());
      assertThatThrownBy(() -> scores.score("goood"))
          .isInstanceOf(PeftException.class)
          .hasMessage("The model has no label \"goood\"; its labels: [bad, middling, good]");
      assertThatThrownBy(scores::number).isInstanceOf(PeftException.class);
      assertThat(number.predict("x").number()).isEqualTo(number.predict("x").score("LABEL_0"));
    }
  }

  @Test
  void impossibleInputsAreRefused() {
    try (TokenClassifier model = TokenClassifier.load(FOLDER.resolve("bert_tokens"));
        QuestionAnswerer answers = QuestionAnswerer.load(FOLDER.resolve("bert_answers"))) {
      assertThatThrownBy(() -> model.predict(List.of(TextInput.pair("a", "b")), ONE))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("a pair of texts is given");
      assertThatThrownBy(() -> answers.predict("Who? ".repeat(60), "the king"))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("room for 0 of the second text");
    }
    assertThatThrownBy(() -> PredictionOptions.defaults().withBatchSize(0).withLongestInput(0))
        .isInstanceOf(PeftException.class)
        .hasMessage("The batch size is 0; allowed: 1 or more.");
    assertThatThrownBy(() -> AnswerOptions.defaults().orNone(Double.NaN))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("noneBy is NaN");
  }
}
