package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.safetensors.TensorSource;

/** Captions of BLIP and pairs of CLIP on the command line, as transformers and PEFT have them. */
class PicturesAndTextsTest {
  private static final Path FOLDER =
      Path.of(System.getProperty("basedir", "."), "src/test/resources/pictures-and-texts");
  private static final Path CLIP = FOLDER.resolveSibling("zero-shot");
  private static final Path BLIP = FOLDER.resolve("blip");
  private static final Path DATA = FOLDER.resolve("data");

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path folder;

  private static JsonNode json(String text) throws IOException {
    return new ObjectMapper().readTree(text);
  }

  private static JsonNode expected(String kind) throws IOException {
    return json(Files.readString(FOLDER.resolve("expected.json"))).get(kind);
  }

  private static Path model(String kind) {
    return kind.equals("captions") ? BLIP : CLIP;
  }

  private static Path adapter(String kind) {
    return FOLDER.resolve(kind.equals("captions") ? "blip-adapter" : "clip-adapter");
  }

  private static String run(Object... arguments) {
    Run run = Run.of(arguments);
    assertThat(run.status()).as(run.err()).isZero();
    return run.out();
  }

  private static String fails(Object... arguments) {
    Run run = Run.of(arguments);
    assertThat(run.status()).isEqualTo(1);
    return run.err();
  }

  private static void train(String kind, Path output, Object... more) {
    Object[] own = {"train", "--model", model(kind), "--adapter", adapter(kind), "--data", DATA};
    run(Run.with(Run.with(own, "--batch-size", 4, "--no-shuffle", "--output", output), more));
  }

  /** Three steps of AdamW from the same adapter, over two epochs: each loss is the reference's. */
  @ParameterizedTest
  @ValueSource(strings = {"captions", "pairs"})
  void aTrainingTakesTheReferencesSteps(String kind) throws IOException {
    Path output = folder.resolve("adapter");
    train(kind, output, "--steps", 3, "--learning-rate", 0.02, "--schedule", "constant");

    double[] losses = Run.numbers(output, "loss");
    JsonNode wanted = expected(kind).get("losses");
    assertThat(losses).hasSize(wanted.size());
    for (int step = 0; step < losses.length; step++) {
      assertThat(losses[step]).isCloseTo(wanted.get(step).asDouble(), within(2e-5));
    }
  }

  /** The first loss is near that of the whole weights, and not that one. */
  @ParameterizedTest
  @CsvSource({"captions, --quantization, nf4", "pairs, --precision, bf16"})
  void theBaseMayBeHeldInFewerBits(String kind, String option, String value) throws IOException {
    Path output = folder.resolve("adapter");
    train(kind, output, "--steps", 1, option, value);
    double loss = Run.numbers(output, "loss")[0];
    double whole = expected(kind).get("losses").get(0).asDouble();
    assertThat(loss).isCloseTo(whole, within(0.05)).isNotCloseTo(whole, within(1e-4));
  }

  @ParameterizedTest
  @CsvSource({"captions, tokens: 32", "pairs, pairs: 6"})
  void anEvaluationGivesTheReferencesLoss(String kind, String predictions) throws IOException {
    String out = run("eval", "--model", model(kind), "--adapter", adapter(kind), "--data", DATA);
    double loss = expected(kind).get("loss").asDouble();
    assertThat(out)
        .contains(String.format(Locale.ROOT, "loss: %.4f", loss), predictions)
        .doesNotContain("perplexity");
    assertThat(out)
        .contains(
            kind.equals("captions")
                ? List.of("rougeL: ", "chrf: ")
                : List.of("image_to_text_recall@1: ", "text_to_image_recall@5: "));
    assertThat(run("eval", "--model", model(kind), "--data", DATA, "--loss-only"))
        .doesNotContain("rouge", "recall");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void captionsAreTheReferences(int beams) throws IOException {
    String out =
        run(
            "predict",
            "--model",
            BLIP,
            "--adapter",
            adapter("captions"),
            "--data",
            DATA,
            "--max-new-tokens",
            7,
            "--num-beams",
            beams);
    JsonNode wanted = expected("captions").get("beams " + beams);
    List<String> lines = out.lines().toList();
    assertThat(lines).hasSize(wanted.size());
    for (int i = 0; i < lines.size(); i++) {
      assertThat(json(lines.get(i)).get("file_name").asText()).isEqualTo(i + ".png");
      assertThat(json(lines.get(i)).get("text").asText()).isEqualTo(wanted.get(i).asText());
    }
  }

  @Test
  void severalCaptionsOfAPicture() throws IOException {
    Path output = folder.resolve("captions.jsonl");
    run(
        "predict",
        "--model",
        BLIP,
        "--data",
        DATA,
        "--num-beams",
        3,
        "--num-return-sequences",
        2,
        "--output",
        output);
    for (String line : Files.readAllLines(output)) {
      assertThat(json(line).get("texts")).hasSize(2);
    }
  }

  @Test
  void vectorsOfPicturesAndTextsAreTheReferences() throws IOException {
    Path file = folder.resolve("vectors.safetensors");
    Path wanted = FOLDER.resolve("clip-vectors.safetensors");
    Object[] common = {"embed", "--model", CLIP, "--adapter", adapter("pairs"), "--data", DATA};
    assertThat(run(Run.with(common, "--output", file))).contains("6 vectors of 8 written");
    assertSame(file, wanted, "image_embeds");
    run(Run.with(common, "--texts", "--output", file));
    assertSame(file, wanted, "text_embeds");

    Path lines = folder.resolve("vectors.jsonl");
    run(Run.with(common, "--no-normalize", "--output", lines));
    JsonNode first = json(Files.readAllLines(lines).get(0));
    assertThat(first.get("file_name").asText()).isEqualTo("0.png");
    float[] unit = values(wanted, "image_embeds");
    double length = 0;
    for (JsonNode value : first.get("vector")) {
      length += value.asDouble() * value.asDouble();
    }
    assertThat(Math.abs(length - 1)).isGreaterThan(1e-3);
    for (int i = 0; i < 8; i++) {
      assertThat(first.get("vector").get(i).asDouble() / Math.sqrt(length))
          .isCloseTo(unit[i], within(1e-5));
    }
  }

  private static float[] values(Path file, String name) {
    try (TensorSource source = TensorSource.open(file)) {
      float[] values = new float[(int) source.tensor(name).elementCount()];
      source.readFloats(name, 0, values, 0, values.length);
      return values;
    }
  }

  private static void assertSame(Path actual, Path expected, String name) {
    assertThat(values(actual, "embeddings")).containsExactly(values(expected, name), within(1e-5f));
  }

  /** A broken picture ends a command, or is left out with its text. */
  @ParameterizedTest
  @ValueSource(strings = {"captions", "pairs"})
  void brokenPicturesAreRefusedOrLeftOut(String kind) throws IOException {
    Path data = Files.createDirectory(folder.resolve("data"));
    for (int i = 0; i < 4; i++) {
      Files.copy(DATA.resolve(i + ".png"), data.resolve(i + ".png"));
      Files.writeString(data.resolve(i + ".txt"), "a cat\n");
    }
    Files.writeString(data.resolve("1.png"), "no picture");
    Object[] train = {"train", "--model", model(kind), "--data", data, "--steps", 1};
    Object[] out = {"--output", folder.resolve("out")};
    assertThat(fails(Run.with(train, out))).contains("1.png is not a picture that can be read");
    Run skipped = Run.of(Run.with(Run.with(train, out), "--broken-pictures", "skip"));
    assertThat(skipped.status()).as(skipped.err()).isZero();
    assertThat(skipped.out()).contains("training data: 3 pictures with texts");
    assertThat(Files.readString(folder.resolve("out/adapter_config.json")))
        .contains("\"task_type\" : null");
    if (kind.equals("captions")) {
      assertThat(fails("predict", "--model", BLIP, "--data", data)).contains("1.png is not");
      assertThat(run("predict", "--model", BLIP, "--data", data, "--broken-pictures", "skip"))
          .hasLineCount(3);
    }
  }

  @Test
  void whatDoesNotFitIsRefused() throws IOException {
    assertThat(fails("train", "--model", CLIP, "--data", DATA, "--batch-size", 1, "--output", "x"))
        .contains("--batch-size is 1, and the contrastive loss of pairs");
    assertThat(
            fails(
                "train",
                "--model",
                CLIP,
                "--task",
                "image-to-text",
                "--data",
                DATA,
                "--output",
                "x"))
        .contains("--task is image-to-text, and the model is for the task image-text");
    assertThat(
            fails(
                "train",
                "--model",
                BLIP,
                "--task",
                "image-classification",
                "--data",
                DATA,
                "--output",
                "x"))
        .contains("--task is image-classification, and the model is for the task image-to-text");
    assertThat(fails("eval", "--model", BLIP, "--data", DATA, "--sequence-length", 17))
        .contains("--sequence-length is 17; allowed: 2 to 16, which the model reads");
    assertThat(fails("embed", "--model", BLIP, "--data", DATA, "--output", "x.jsonl"))
        .contains("writes captions, and gives no vectors");
    Path rows = Files.writeString(folder.resolve("rows.jsonl"), "{\"file_name\": \"0.png\"}\n");
    assertThat(fails("eval", "--model", BLIP, "--data", rows)).contains("has no \"text\"");
  }
}
