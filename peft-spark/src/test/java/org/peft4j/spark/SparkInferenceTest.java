package org.peft4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraConfig;
import org.peft4j.transformers.CausalLanguageModel;
import org.peft4j.transformers.Encoder;
import org.peft4j.transformers.QuestionAnswerer;
import org.peft4j.transformers.SequenceClassifier;
import org.peft4j.transformers.TokenClassifier;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.generation.GenerationConfig;
import org.peft4j.transformers.prediction.Answer;
import org.peft4j.transformers.prediction.LabelScores;
import org.peft4j.transformers.prediction.TaggedWords;

/** Rows with adapters of their own, against one model after the other in one process. */
class SparkInferenceTest {
  private static final Path MODELS =
      Path.of(System.getProperty("basedir", "."))
          .resolve("../peft-transformers/src/test/resources/golden/predictions")
          .normalize();
  private static final List<String> TEXTS =
      List.of("a fine film", "the story is long and the film is not good", "yes");

  private static SparkSession spark;

  private final Path folder;

  SparkInferenceTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @BeforeAll
  static void start() {
    spark = LocalSpark.session();
  }

  @AfterAll
  static void stop() {
    SharedModels.closeAll();
  }

  private static Path model(String name) {
    return MODELS.resolve(name);
  }

  /** Every text with each adapter and without, in turn, in two partitions. */
  private static Dataset<Row> rows() {
    List<Row> rows = new ArrayList<>();
    for (String text : TEXTS) {
      rows.add(RowFactory.create(text, "one"));
      rows.add(RowFactory.create(text, "two"));
      rows.add(RowFactory.create(text, null));
    }
    StructType schema =
        new StructType().add("text", DataTypes.StringType).add("kind", DataTypes.StringType);
    return spark.createDataFrame(rows, schema).repartition(2);
  }

  private SparkInference inference(String name, String... targets) {
    SparkInference inference = SparkInference.of(model(name).toString()).adapterColumn("kind");
    int seed = 3;
    for (String adapter : List.of("one", "two")) {
      try (TransformerModel base = Transformers.open(model(name), TransformerOptions.defaults())) {
        PeftModel<ComputationGraph> peft =
            base.wrap(LoraConfig.builder().rank(2).targetModules(targets).build());
        Nd4j.getRandom().setSeed(seed++);
        peft.network().params().assign(Nd4j.randn(peft.network().params().shape()).muli(0.4));
        base.save(folder.resolve(adapter));
      }
      inference = inference.adapter(adapter, folder.resolve(adapter).toString());
    }
    return inference.batchSize(3);
  }

  /** Compares each row with what a model with its adapter alone says. */
  private <M extends TransformerModel> void compare(
      Class<M> kind, String name, List<Row> rows, BiConsumer<M, Row> comparison) {
    assertThat(rows).hasSize(3 * TEXTS.size());
    for (String adapter : List.of("one", "two", "")) {
      try (TransformerModel base = Transformers.open(model(name), TransformerOptions.defaults())) {
        if (!adapter.isEmpty()) {
          base.adapt(folder.resolve(adapter));
        }
        rows.stream()
            .filter(row -> Objects.requireNonNullElse(row.getAs("kind"), "").equals(adapter))
            .forEach(row -> comparison.accept(kind.cast(base), row));
      }
    }
  }

  @Test
  void labelsAreThoseOfEachRowsAdapter() {
    Dataset<Row> predicted =
        inference("bert_sequence", "query", "value").predict(rows(), "text", "says");

    List<Row> all = predicted.collectAsList();
    compare(
        SequenceClassifier.class,
        "bert_sequence",
        all,
        (one, row) -> {
          LabelScores expected = one.predict(row.<String>getAs("text"));
          Row says = row.getStruct(2);
          assertThat(says.<String>getAs("label")).isEqualTo(expected.label());
          assertThat(says.<Double>getAs("score")).isEqualTo(expected.score(), within(1e-6));
          Map<String, Double> scores = says.getJavaMap(2);
          assertThat(scores.keySet()).isEqualTo(expected.scores().keySet());
          scores.forEach(
              (label, score) -> assertThat(score).isEqualTo(expected.score(label), within(1e-6)));
        });
    assertThat(all.stream().map(row -> row.getStruct(2).<Double>getAs("score")).distinct())
        .hasSizeGreaterThan(2 * TEXTS.size());
  }

  @Test
  void tagsAreThoseOfEachRowsAdapter() {
    List<Row> tagged =
        inference("bert_tokens", "query").tag(rows(), "text", "words").collectAsList();
    compare(
        TokenClassifier.class,
        "bert_tokens",
        tagged,
        (one, row) -> {
          TaggedWords expected = one.predict(row.<String>getAs("text"));
          List<Row> words = row.getList(2);
          assertThat(words.stream().map(word -> word.<String>getAs("tag")).toList())
              .isEqualTo(expected.tags());
        });
  }

  @Test
  void answersAreThoseOfEachRowsAdapter() {
    Dataset<Row> questions = rows().selectExpr("kind", "text", "'what is it' as question");
    List<Row> answered =
        inference("bert_answers", "query")
            .answer(questions, "question", "text", "says")
            .collectAsList();
    compare(
        QuestionAnswerer.class,
        "bert_answers",
        answered,
        (one, row) -> {
          Answer expected = one.predict("what is it", row.<String>getAs("text"));
          Row says = row.getStruct(3);
          assertThat(says.<String>getAs("text")).isEqualTo(expected.text());
          assertThat(says.<Integer>getAs("begin")).isEqualTo(expected.begin());
          assertThat(says.<Double>getAs("score")).isEqualTo(expected.score(), within(1e-5));
        });
  }

  @Test
  void vectorsAreThoseOfEachRowsAdapter() {
    List<Row> embedded =
        inference("bert_vectors", "query", "key").embed(rows(), "text", "vector").collectAsList();
    compare(
        Encoder.class,
        "bert_vectors",
        embedded,
        (one, row) -> {
          float[] expected = one.embed(row.<String>getAs("text"));
          List<Float> vector = row.getList(2);
          assertThat(vector).hasSize(expected.length);
          for (int i = 0; i < expected.length; i++) {
            assertThat(vector.get(i)).isEqualTo(expected[i], within(1e-6f));
          }
        });
  }

  @Test
  void textsAreThoseThatEachRowsAdapterWrites() {
    List<Row> written =
        inference("llama_text", "q_proj", "v_proj")
            .generate(rows(), "text", "more", () -> GenerationConfig.greedy(8))
            .collectAsList();
    compare(
        CausalLanguageModel.class,
        "llama_text",
        written,
        (one, row) -> {
          List<String> prompt = List.of(row.<String>getAs("text"));
          assertThat(row.<String>getAs("more"))
              .isEqualTo(one.predict(prompt, GenerationConfig.greedy(8)).get(0));
        });
    assertThat(written.stream().map(row -> row.<String>getAs("more")).distinct())
        .hasSizeGreaterThan(TEXTS.size());
  }

  @Test
  void aTextThatIsNullHasNoResultAndOrderStays() {
    inference("bert_sequence", "query");
    String model = model("bert_sequence").toString();
    String films = folder.resolve("one").toString();
    String books = folder.resolve("two").toString();
    Dataset<Row> reviews =
        spark
            .sql(
                "select * from values (1, 'yes', 'films'), (2, null, 'books'), (3, 'bad', '')"
                    + " t(id, text, kind)")
            .coalesce(1);

    Dataset<Row> labelled =
        SparkInference.of(model)
            .adapter("films", films)
            .adapter("books", books)
            .adapterColumn("kind")
            .predict(reviews, "text", "says");

    List<Row> all = labelled.collectAsList();

    assertThat(all.stream().map(row -> row.getInt(0)).toList()).containsExactly(1, 2, 3);
    assertThat(all.stream().map(row -> row.isNullAt(3)).toList())
        .containsExactly(false, true, false);
  }

  @Test
  void whatIsUnknownIsNamed() {
    SparkInference inference = inference("bert_sequence", "query");

    assertThatThrownBy(
            () ->
                inference
                    .predict(rows().selectExpr("text", "'three' as kind"), "text", "says")
                    .count())
        .hasStackTraceContaining(
            "A row names the adapter three in its column kind; there are [one");
    assertThatThrownBy(() -> inference.predict(rows(), "texts", "says"))
        .isInstanceOf(PeftException.class)
        .hasMessage("There is no column texts; there are [text, kind].");
    assertThatThrownBy(() -> inference.adapterColumn("a").predict(rows(), "text", "says"))
        .hasMessageContaining("There is no column a;");
    assertThatThrownBy(() -> inference.predict(rows(), "text", "kind"))
        .hasMessageContaining("There is a column kind already");
  }
}
