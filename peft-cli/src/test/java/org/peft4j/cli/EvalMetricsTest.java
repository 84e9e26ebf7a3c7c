package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.transformers.metrics.Scores;
import org.peft4j.transformers.metrics.TextMetrics;

/** {@code peft eval} scores what {@code peft predict} says of the same rows. */
class EvalMetricsTest {
  private static final Path MODELS = Run.GOLDEN.resolve("predictions");
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path folder;

  private static Run run(Object... arguments) {
    Run run = Run.of(arguments);
    assertThat(run.status()).as(Arrays.toString(arguments) + run.err()).isZero();
    return run;
  }

  private Path file(String name, String... lines) throws IOException {
    return Files.write(folder.resolve(name), List.of(lines));
  }

  private static List<JsonNode> predicted(Run run) {
    return run.out()
        .lines()
        .map(
            line -> {
              try {
                return JSON.readTree(line);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            })
        .toList();
  }

  @ParameterizedTest
  @CsvSource({"--num-beams=3,--max-new-tokens=6", "--min-new-tokens=9,--max-new-tokens=9"})
  void textsAreWrittenAsOptionsSayAndCompared(String first, String second) throws IOException {
    Path model = MODELS.resolve("t5_text");
    List<String> sources = List.of("The cat has a hat", "Once there was a king", "we", "hats");
    List<String> rows = predicted(predict(model, sources, first, second));
    List<String> targets = List.of(rows.get(0), rows.get(1) + " x", "a cat", rows.get(3));
    List<String> lines = new ArrayList<>(List.of("source,target"));
    for (int i = 0; i < 4; i++) {
      lines.add("\"" + sources.get(i) + "\",\"" + targets.get(i).replace("\"", "\"\"") + "\"");
    }
    Path data = file("a.csv", lines.toArray(String[]::new));

    Run run = run("eval", "-m", model, "-d", data, "--batch-size", 3, first, second);

    Scores expected = TextMetrics.of(rows, targets);
    assertThat(expected.get("exact_match")).isEqualTo(0.5);
    assertThat(run.out())
        .startsWith("loss: ")
        .contains("\ntoken_accuracy: ")
        .endsWith(printed(expected));
    assertThat(run.err()).contains("writing 4 texts, num_beams ", "--loss-only leaves them out");
  }

  private List<String> predicted(Path file) throws IOException {
    List<String> texts = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      texts.add(JSON.readTree(line).path("text").asText());
    }
    return texts;
  }

  private Path predict(Path model, List<String> sources, String... options) throws IOException {
    Path data =
        file(
            "s.jsonl",
            sources.stream().map(s -> "{\"source\": \"" + s + "\"}").toArray(String[]::new));
    Path output = folder.resolve("p.jsonl");
    List<Object> words = new ArrayList<>(List.of("predict", "-m", model, "-d", data));
    words.addAll(List.of("-o", output));
    words.addAll(List.of(options));
    run(words.toArray());
    return output;
  }

  private static String printed(Scores scores) {
    StringBuilder text = new StringBuilder();
    scores.values().forEach((k, v) -> text.append(String.format(Locale.ROOT, "%s: %.4f%n", k, v)));
    return text.toString();
  }

  static Stream<Arguments> rows() {
    List<String> pairs =
        List.of("a cat,the hat", "kings,king", "we,us", "hats,x", "The king,Once", "Once,a");
    List<String> scored = IntStream.range(0, 6).mapToObj(i -> pairs.get(i) + "," + i % 4).toList();
    return Stream.of(
        Arguments.of(
            "bert_sequence",
            "a.csv",
            "text,label",
            List.of(
                "\"The cat, a\",bad", "kings,good", "we,middling", "hats,bad", "x,good", "y,bad")),
        Arguments.of(
            "bert_tokens",
            "a.jsonl",
            "",
            Stream.of("[0, 1, 2]", "[2, 1, 0]", "[0, 0, 1]", "[1, 2, 1]", "[2, 0, 0]", "[0, 2, 2]")
                .map(tags -> "{\"tokens\": [\"a\", \"cats\", \"king\"], \"tags\": " + tags + "}")
                .toList()),
        Arguments.of("bert_vectors", "a.csv", "text,text_pair", pairs),
        Arguments.of("bert_vectors", "a.csv", "text,text_pair,score", scored),
        Arguments.of("t5_text", "a.csv", "source,target", pairs),
        Arguments.of(
            "bert_answers",
            "a.jsonl",
            "",
            Stream.of("cat", "hat", "has", "The", "Once", "king")
                .map(EvalMetricsTest::asked)
                .toList()));
  }

  private static String asked(String answer) {
    String context = "The cat has a hat. Once there was a king.";
    return "{\"question\": \"Is it %s?\", \"context\": \"%s\", \"answers\": [{\"text\": \"%s\", \"answer_start\": %d}]}"
        .formatted(answer, context, answer, context.indexOf(answer));
  }

  /** Long contexts come in windows; those of one row stay together. */
  @ParameterizedTest
  @MethodSource("rows")
  void theLastPartHasTheMetricsOfItsRows(
      String model, String name, String header, List<String> lines) throws IOException {
    boolean windows = model.equals("bert_answers");
    List<String> options = windows ? List.of("--sequence-length=16", "--stride=3") : List.of();
    Path all = table("all-" + name, header, lines);
    Path part = table("part-" + name, header, lines.subList(4, 6));

    Run last = eval(MODELS.resolve(model), all, options, "--last=0.3");
    Run alone = eval(MODELS.resolve(model), part, options);

    assertThat(last.out()).isEqualTo(alone.out()).containsPattern("\\w+: -?[\\d.]+\n$");
    assertThat(last.out().lines().count()).isGreaterThan(2);
  }

  private static Run eval(Path model, Path data, List<String> options, String... more) {
    return run(
        Stream.of(List.of("eval", "-m", model, "-d", data), options, List.of(more))
            .flatMap(List::stream)
            .toArray());
  }

  private Path table(String name, String header, List<String> lines) throws IOException {
    return file(
        name,
        Stream.concat(Stream.of(header).filter(h -> !h.isEmpty()), lines.stream())
            .toArray(String[]::new));
  }

  @Test
  void rowsOfSeveralTasksAreEachPredictedForTheirOwn() throws IOException {
    List<String> lines = new ArrayList<>(List.of("text,label,task_id"));
    List<String> texts = List.of("a cat", "kings", "The hat", "we", "Once", "x", "a king", "hats");
    for (int i = 0; i < 16; i++) {
      lines.add(texts.get(i / 2) + "," + (i % 3 == 0 ? "man" : "pet") + "," + i % 2);
    }
    Path data = file("a.csv", lines.toArray(String[]::new));
    Path model = MODELS.resolve("bert_vectors");
    Path adapter = folder.resolve("adapter");
    List<Object> train = new ArrayList<>(List.of("train", "-m", model, "-d", data, "-o", adapter));
    train.addAll(List.of("--task=seq-cls", "--method=multitask-prompt-tuning", "--steps=30"));
    train.addAll(List.of("--learning-rate=0.3", "--set=num_virtual_tokens=2", "--set=num_tasks=2"));
    run(train.toArray());

    Run measured = run("eval", "-m", model, "-a", adapter, "-d", data);
    Run rows = run("predict", "-m", model, "-a", adapter, "-d", data);

    List<String> own = predicted(rows).stream().map(row -> row.path("label").asText()).toList();
    long right =
        IntStream.range(0, 16).filter(i -> lines.get(i + 1).contains("," + own.get(i))).count();
    assertThat(IntStream.range(0, 8).anyMatch(i -> !own.get(2 * i).equals(own.get(2 * i + 1))))
        .as("The tasks' answers differ somewhere: %s", own)
        .isTrue();
    assertThat(measured.out())
        .contains(String.format(Locale.ROOT, "accuracy: %.4f%n", right / 16.0));
  }

  /** Each row is written from its own language into its own. */
  @Test
  void rowsOfSeveralLanguagesAreTranslated() throws IOException {
    Path model = Run.GOLDEN.resolve("languages/mbart50");
    JsonNode rows = JSON.readTree(model.resolve("expected.json").toFile()).path("rows");
    List<String> lines = new ArrayList<>();
    List<String> written = new ArrayList<>();
    for (JsonNode row : rows) {
      if (row.path("input_ids").size() < 24) {
        lines.add(row.toString());
        written.add(row.path("greedy").asText());
      }
    }
    Path data = file("a.jsonl", lines.toArray(String[]::new));

    Run predicted = run("predict", "-m", model, "-d", data, "--max-new-tokens=9");
    Run measured = run("eval", "-m", model, "-d", data, "--max-new-tokens=9");
    Path first = file("b.jsonl", "{\"source\": \"a king\", \"target\": \"x\"}");
    Run options =
        run("predict", "-m", model, "-d", first, "--max-new-tokens=9", "--target-lang=fr_XX");
    Run refused = Run.of("predict", "-m", model, "-d", first);

    assertThat(predicted(predicted).stream().map(row -> row.path("text").asText()))
        .containsExactlyElementsOf(written)
        .hasSizeGreaterThan(2);
    List<String> targets = new ArrayList<>();
    for (String line : lines) {
      targets.add(JSON.readTree(line).path("target").asText());
    }
    assertThat(measured.out()).endsWith(printed(TextMetrics.of(written, targets)));
    assertThat(predicted(options).get(0).path("text").asText()).isEqualTo(written.get(0));
    assertThat(refused.err()).contains("b.jsonl, line 1 has no \"target_lang\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "bert_sequence | a.csv | text,label;a,bad | --num-beams=2 | --num-beams is for texts that are written, and the task is seq-cls; leave it out.",
        "t5_text | a.csv | source,target;a,b | --num-beams=2 --loss-only | --num-beams is for texts that are written, and --loss-only writes none",
        "t5_text | a.csv | source,target;a,b | --num-beams=2 --num-return-sequences=2 | --num-return-sequences is 2; one text of each row is compared: give 1.",
      })
  void optionsOfTextsNeedTexts(String model, String name, String rows, String options, String said)
      throws IOException {
    Path data = file(name, rows.split(";"));
    List<Object> words = new ArrayList<>(List.of("eval", "-m", MODELS.resolve(model), "-d", data));
    words.addAll(List.of(options.split(" ")));

    Run run = Run.of(words.toArray());

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err()).contains(said);
  }
}
