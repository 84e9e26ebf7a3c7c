package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraConfig;
import org.peft4j.transformers.config.Labels;
import org.peft4j.transformers.prediction.Answer;
import org.peft4j.transformers.prediction.AnswerOptions;
import org.peft4j.transformers.prediction.LabelScores;
import org.peft4j.transformers.prediction.TaggedWords;
import org.peft4j.transformers.tokenizer.TextInput;

/** Adapters find their base models, and predict as in Python. */
class AutoPeftTest {
  private static final Path MODELS = Path.of("src/test/resources/golden/predictions");
  private static final Path ADAPTERS = MODELS.resolve("adapters");
  private static final BaseModels BASES = BaseModels.in(MODELS);
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final Path folder;

  AutoPeftTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private static JsonNode expected(String adapter) throws IOException {
    JsonNode all = MAPPER.readTree(MODELS.resolve("expected.json").toFile());
    return all.path("adapters").path(adapter);
  }

  /** A copy of an adapter with another value in its config; none if it is null. */
  private Path changed(String adapter, String field, @Nullable String value) throws IOException {
    for (String file : List.of("adapter_config.json", "adapter_model.safetensors")) {
      Files.copy(ADAPTERS.resolve(adapter).resolve(file), folder.resolve(file));
    }
    Path file = folder.resolve("adapter_config.json");
    ObjectNode config = (ObjectNode) MAPPER.readTree(file.toFile());
    config.put(field, value);
    MAPPER.writeValue(file.toFile(), config);
    return folder;
  }

  @Test
  void labelsAreThePythonAdapters() throws IOException {
    try (SequenceClassifier model =
        AutoPeft.load(ADAPTERS.resolve("labels"), SequenceClassifier.class, BASES)) {
      assertThat(model.labels()).isEqualTo(Labels.of("bad", "middling", "good"));
      for (JsonNode row : expected("labels")) {
        LabelScores scores = model.predict(row.path("text").textValue());
        scores
            .scores()
            .forEach(
                (label, score) ->
                    assertThat(score)
                        .isCloseTo(row.path("scores").path(label).doubleValue(), within(2e-6)));
      }
    }
  }

  @Test
  void aHeadThatOnlyTheAdapterHasIsBuilt() throws IOException {
    JsonNode row = expected("new_tags");
    List<String> words = texts(row.path("words"));
    try (TransformerModel model = AutoPeft.load(ADAPTERS.resolve("new_tags"), BASES)) {
      TaggedWords tagged = ((TokenClassifier) model).predict(words);

      assertThat(tagged.tags()).isEqualTo(texts(row.path("tags")));
      for (int i = 0; i < words.size(); i++) {
        assertThat(tagged.words().get(i).score())
            .isCloseTo(row.path("scores").path(i).doubleValue(), within(2e-6));
      }
    }
  }

  private static List<String> texts(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false).map(JsonNode::textValue).toList();
  }

  @Test
  void answersAndTextsAreThePythonAdapters() throws IOException {
    JsonNode row = expected("answers");
    List<TextInput.Pair> question =
        List.of(
            new TextInput.Pair(row.path("question").textValue(), row.path("context").textValue()));
    try (QuestionAnswerer model =
        AutoPeft.load(ADAPTERS.resolve("answers"), QuestionAnswerer.class, BASES)) {
      AnswerOptions options = AnswerOptions.defaults().withWindows(48, 12);
      Answer answer = model.predict(question, options).get(0);

      assertThat(answer.text()).isEqualTo(row.path("best").path("text").textValue());
      assertThat(answer.score())
          .isCloseTo(row.path("best").path("score").doubleValue(), within(1e-5));
    }
    JsonNode text = expected("text");
    try (CausalLanguageModel model =
        AutoPeft.load(ADAPTERS.resolve("text"), CausalLanguageModel.class, BASES)) {
      assertThat(model.predict(text.path("prompt").textValue()))
          .isEqualTo(text.path("greedy").textValue());
    }
  }

  @Test
  void whatIsTrainedAndSavedIsFoundAgain() {
    Path base = MODELS.resolve("bert_vectors").toAbsolutePath();
    Labels labels = Labels.of("dull", "funny");
    LabelScores trained;
    try (SequenceClassifier model = SequenceClassifier.load(base, labels)) {
      LabelScores before = model.predict("Once upon a time");
      LoraConfig config = LoraConfig.builder().rank(2).targetModules("query", "value").build();
      PeftModel<ComputationGraph> peft = model.wrap(config);
      assertThat(model.predict("Once upon a time").score("dull"))
          .isCloseTo(before.score("dull"), within(1e-6));

      INDArray ids = Nd4j.createFromArray(new int[][] {{2, 40, 51, 62, 3}, {2, 33, 47, 58, 3}});
      INDArray classes = Nd4j.createFromArray(new int[][] {{1}, {0}});
      for (int step = 0; step < 40; step++) {
        peft.network().fit(new MultiDataSet(new INDArray[] {ids}, new INDArray[] {classes}));
      }
      trained = model.predict("Once upon a time");
      assertThat(Math.abs(trained.score("dull") - before.score("dull"))).isGreaterThan(1e-4);
      model.save(folder);
    }
    try (TransformerModel model = AutoPeft.load(folder)) {
      assertThat(model).isInstanceOf(SequenceClassifier.class);
      assertThat(((SequenceClassifier) model).predict("Once upon a time")).isEqualTo(trained);
    }
    // Named by an absolute path, and found by its last name in a folder of models.
    try (TransformerModel model = AutoPeft.load(folder, BASES)) {
      assertThat(((SequenceClassifier) model).predict("Once upon a time")).isEqualTo(trained);
    }
  }

  @Test
  void aTokenizerBesideTheAdapterCounts() throws IOException {
    Path adapter = changed("labels", "revision", null);
    ObjectNode tokenizer =
        (ObjectNode) MAPPER.readTree(MODELS.resolve("bert_sequence/tokenizer.json").toFile());
    ObjectNode normalizer = (ObjectNode) tokenizer.path("normalizer");
    MAPPER.writeValue(
        adapter.resolve("tokenizer_config.json").toFile(),
        MAPPER.createObjectNode().put("do_lower_case", false));
    MAPPER.writeValue(
        adapter.resolve("tokenizer.json").toFile(),
        tokenizer.set("normalizer", normalizer.put("lowercase", false)));
    try (TransformerModel model = Transformers.open(MODELS.resolve("bert_sequence"), options())) {
      int[] lower = model.tokenizer().encode("The", true);
      assertThat(lower).isEqualTo(model.tokenizer().encode("the", true));

      model.adapt(adapter);

      assertThat(model.tokenizer().encode("The", true)).isNotEqualTo(lower);
      assertThat(model.tokenizer().givesTypes()).isTrue();
    }
  }

  private static TransformerOptions options() {
    return TransformerOptions.defaults();
  }

  @Test
  void theClassThatIsAskedForMustBeTheTasks() {
    Path adapter = ADAPTERS.resolve("labels");

    assertThatThrownBy(() -> AutoPeft.load(adapter, TokenClassifier.class, BASES))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            adapter
                + " is an adapter for the task SEQ_CLS, of a SequenceClassifier; a TokenClassifier"
                + " is asked for.");
  }

  @Test
  void anAdapterWithoutATaskNeedsAClass() throws IOException {
    Path adapter = changed("new_tags", "task_type", null);
    ObjectNode config =
        (ObjectNode) MAPPER.readTree(adapter.resolve("adapter_config.json").toFile());
    config.putArray("modules_to_save").add("classifier");
    MAPPER.writeValue(adapter.resolve("adapter_config.json").toFile(), config);

    assertThatThrownBy(() -> AutoPeft.load(adapter, BASES))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("names no task_type");
    try (TokenClassifier model = AutoPeft.load(adapter, TokenClassifier.class, BASES)) {
      assertThat(model.predict(texts(expected("new_tags").path("words"))).tags())
          .isEqualTo(texts(expected("new_tags").path("tags")));
    }
  }

  @Test
  void aBaseModelThatIsNotThereIsNamedWithThePlaces() throws IOException {
    Path adapter = changed("labels", "base_model_name_or_path", "tiny/nowhere");
    BaseModels own = name -> List.of(folder.resolve("own").resolve(name));

    assertThatThrownBy(() -> AutoPeft.load(adapter))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("Looked for its config.json in: [tiny/nowhere].");
    assertThatThrownBy(() -> AutoPeft.load(adapter, own.or(BASES)))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(
            "Looked for its config.json in: ["
                + Stream.of(
                        folder.resolve("own/tiny/nowhere"),
                        MODELS.toAbsolutePath().resolve("tiny/nowhere"),
                        MODELS.toAbsolutePath().resolve("nowhere"),
                        MODELS.toAbsolutePath().resolve("tiny--nowhere"))
                    .map(Path::toString)
                    .reduce((a, b) -> a + ", " + b)
                    .orElseThrow()
                + "]");
  }

  @Test
  void anAdapterWithoutABaseModelIsNamed() throws IOException {
    Path adapter = changed("labels", "base_model_name_or_path", null);

    assertThatThrownBy(() -> AutoPeft.load(adapter, BASES))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("names no base model");
  }

  @Test
  void nothingOutsideOfTheFolderIsFound() throws IOException {
    Path models = Files.createDirectory(folder.resolve("models"));
    Path outside = Files.createDirectory(folder.resolve("outside"));
    BaseModels bases = BaseModels.in(models);

    assertThat(bases.places("../outside"))
        .doesNotContain(outside)
        .allMatch(p -> p.startsWith(models));
    assertThat(bases.places("a/../../outside")).allMatch(place -> place.startsWith(models));
    assertThat(bases.places("..")).isEmpty();
    assertThat(bases.places(outside.toString())).containsExactly(models.resolve("outside"));
    assertThat(bases.places("")).isEmpty();
    assertThat(bases.places("a\0b")).isEmpty();
    assertThat(BaseModels.named().places("//host/share/model")).isEmpty();
    assertThat(BaseModels.named().places("\\\\host\\share\\model")).isEmpty();
  }

  @Test
  void theCacheOfTheHubIsAFolderOfModels() throws IOException {
    Path cached = folder.resolve("models--tiny--bert_sequence");
    Path snapshot = Files.createDirectories(cached.resolve("snapshots/abc123"));
    Files.createDirectories(cached.resolve("refs"));
    Files.writeString(cached.resolve("refs/main"), "abc123");
    try (Stream<Path> files = Files.list(MODELS.resolve("bert_sequence"))) {
      for (Path file : files.toList()) {
        Files.copy(file, snapshot.resolve(file.getFileName()));
      }
    }
    try (TransformerModel model =
        AutoPeft.load(ADAPTERS.resolve("labels"), BaseModels.in(folder))) {
      assertThat(model.folder()).isEqualTo(snapshot);
    }
    Files.writeString(cached.resolve("refs/main"), "../../../elsewhere");
    assertThat(BaseModels.in(folder).places("tiny/bert_sequence"))
        .allMatch(place -> place.startsWith(folder));
  }

  @Test
  void adaptersOfOtherGraphsAreNotUsed() {
    LoraConfig config = LoraConfig.builder().rank(2).targetModules("query").build();
    try (SequenceClassifier model = SequenceClassifier.load(MODELS.resolve("bert_sequence"));
        SequenceClassifier other = SequenceClassifier.load(MODELS.resolve("bert_sequence"));
        PeftModel<ComputationGraph> own = Peft.load(model.graph(), ADAPTERS.resolve("labels"));
        PeftModel<ComputationGraph> others = Peft.wrap(other.graph(), config)) {
      LabelScores plain = model.predict("x");

      model.use(own);

      assertThat(model.predict("x")).isNotEqualTo(plain);
      assertThat(model.adapters()).containsSame(own);
      assertThatThrownBy(() -> model.use(others))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("The adapters are on another graph");
      assertThatThrownBy(() -> other.save(folder))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("There is no adapter to save");
    }
  }
}
