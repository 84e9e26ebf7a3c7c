package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.PeftModel;
import org.peft4j.config.PeftConfig;
import org.peft4j.lora.LoraConfig;
import org.peft4j.transformers.config.Labels;
import org.peft4j.transformers.evaluation.LabelledText;
import org.peft4j.transformers.evaluation.LabelledWords;
import org.peft4j.transformers.metrics.Scores;
import org.peft4j.transformers.prediction.Answer;
import org.peft4j.transformers.prediction.Entity;
import org.peft4j.transformers.prediction.LabelScores;
import org.peft4j.transformers.prediction.TaggedWords;

/** The code of {@code docs/tasks.md}. */
class TasksGuideTest {
  private static final Path MODELS =
      Path.of("src/test/resources/golden/predictions").toAbsolutePath();

  @Test
  void anAdapterIsTrainedSavedAndFoundAgain(@TempDir Path adapter) {
    PeftConfig lora = LoraConfig.builder().rank(2).targetModules("query", "value").build();
    INDArray ids = Nd4j.createFromArray(new int[][] {{2, 40, 51, 62, 3}});
    INDArray classes = Nd4j.createFromArray(new int[][] {{1}});
    train(
        MODELS.resolve("bert_vectors"),
        lora,
        new MultiDataSet(new INDArray[] {ids}, new INDArray[] {classes}),
        adapter);
    load(adapter);
    assertThat(adapter.resolve("adapter_model.safetensors")).exists();
    assertThat(adapter.resolve("config.json")).content().contains("\"good\"");
  }

  private static void train(Path base, PeftConfig lora, MultiDataSet data, Path adapter) {
    try (SequenceClassifier model = SequenceClassifier.load(base, Labels.of("bad", "good"))) {
      PeftModel<ComputationGraph> peft = model.wrap(lora);
      peft.network().fit(data);
      model.save(adapter);
      System.out.println(model.predict("We'll see.").score("good"));
    }
  }

  private static void load(Path adapter) {
    try (SequenceClassifier model = AutoPeft.load(adapter, SequenceClassifier.class)) {
      LabelScores scores = model.predict("It isn't good.");
      System.out.println(scores.label() + " " + scores.score());
    }
  }

  @Test
  void theBaseModelIsLookedForWhereTheCallerSays() {
    assertThat(tags(MODELS.resolve("adapters/new_tags"), MODELS, Path.of("elsewhere")))
        .containsExactly("LABEL_0", "LABEL_1", "LABEL_2", "LABEL_3");
  }

  private static List<String> tags(Path adapter, Path folderOfModels, Path elsewhere) {
    BaseModels models = BaseModels.in(folderOfModels).or(name -> List.of(elsewhere.resolve(name)));
    try (TransformerModel model = AutoPeft.load(adapter, models)) {
      return model instanceof TokenClassifier tagger ? tagger.labels().names() : List.of();
    }
  }

  @Test
  void labelsOfPairsAndOfManyTexts() {
    try (SequenceClassifier model = SequenceClassifier.load(MODELS.resolve("bert_sequence"))) {
      LabelScores pair = model.predict("Who had a cat?", "The king's son.");
      List<LabelScores> many = model.predict(List.of("A cat.", "A hat.", "A mat."));
      assertThat(many).hasSize(3).doesNotContain(pair).doesNotHaveDuplicates();
    }
  }

  @Test
  void tagsOfTextsAndWords() {
    try (TokenClassifier tagger = TokenClassifier.load(MODELS.resolve("bert_tokens"))) {
      TaggedWords tagged = tagger.predict("The king had three daughters.");
      List<String> tags = tagger.predict(List.of("The", "king", "left", ".")).tags();
      for (Entity entity : tagged.entities()) {
        System.out.println(entity.label() + " " + entity.begin() + " " + entity.text());
      }
      assertThat(tags).hasSize(4);
      assertThat(tagged.entities()).isNotEmpty();
    }
  }

  @Test
  void anAnswerIsAPartOfTheContext() {
    String context = "The cat's hat isn't on the mat; they're 12 or 345, we'll see!";
    try (QuestionAnswerer reader = QuestionAnswerer.load(MODELS.resolve("bert_answers"))) {
      Answer answer = reader.predict("What is on the mat?", context);
      String found = answer.isNone() ? "nothing" : context.substring(answer.begin(), answer.end());
      assertThat(found).isEqualTo(answer.text()).isNotEmpty();
    }
  }

  @Test
  void vectorsAndTexts() {
    try (Encoder encoder = Encoder.load(MODELS.resolve("bert_vectors"));
        CausalLanguageModel writer = CausalLanguageModel.load(MODELS.resolve("llama_text"))) {
      float[] vector = encoder.embed("The king had three daughters.");
      String story = writer.predict("Once upon a time");
      assertThat(vector).hasSize(24);
      assertThat(story).isNotEmpty();
    }
  }

  @Test
  void scoresOfLabelledExamples() {
    try (SequenceClassifier model = SequenceClassifier.load(MODELS.resolve("bert_sequence"));
        TokenClassifier tagger = TokenClassifier.load(MODELS.resolve("bert_tokens"))) {
      Scores scores =
          model.evaluate(
              List.of(LabelledText.of("It isn't good.", "bad"), LabelledText.of("A cat.", "good")));
      System.out.println(scores.get("accuracy") + " of " + scores); // accuracy 0.5000, macro_f1 …
      assertThat(scores.values()).hasSize(3);
      List<String> words = List.of("The", "king", "left", ".");
      Scores tags =
          tagger.evaluate(List.of(new LabelledWords(words, List.of("O", "B-PER", "O", "O"))));
      assertThat(tags.values()).containsKey("f1");
    }
  }
}
