package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.vision.Picture;
import org.peft4j.vision.PictureReader;
import org.peft4j.vision.PictureWriter;

/** Pictures on the command line: a folder for each class is learned, measured and predicted. */
class PictureClassesTest {
  private static final List<String> CLASSES = List.of("cat", "dog", "tree");
  private static final String PROCESSOR =
      "{\"image_processor_type\": \"ViTImageProcessor\", \"size\": {\"height\": 20, \"width\":"
          + " 20}}";

  private static Path folder;
  private static Path model;
  private static Path pictures;
  private static Path adapter;

  @BeforeAll
  static void train(@TempDir Path shared) throws IOException {
    folder = shared;
    model = copy("vit", folder.resolve("model"));
    pictures = folder.resolve("pictures");
    Random random = new Random(3);
    for (int i = 0; i < 10; i++) {
      for (String name : CLASSES) {
        picture(pictures.resolve(name).resolve(i + ".png"), CLASSES.indexOf(name), random);
      }
    }
    adapter = folder.resolve("adapter");
    Run run =
        Run.of(
            "train",
            "--model",
            model,
            "--data",
            pictures,
            "--rank",
            4,
            "--target",
            "all-linear",
            "--learning-rate",
            0.02,
            "--epochs",
            6,
            "--batch-size",
            5,
            "--output",
            adapter);
    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out())
        .contains("3 labels: cat, dog, tree", "training data: 30 pictures", "adapter saved in");
  }

  private static Path copy(String base, Path to) throws IOException {
    Files.createDirectory(to);
    for (String name : List.of("config.json", "model.safetensors")) {
      Files.copy(Run.GOLDEN.resolve("bases").resolve(base).resolve(name), to.resolve(name));
    }
    return Files.writeString(to.resolve("preprocessor_config.json"), PROCESSOR).resolveSibling("");
  }

  /** Noise, in which one colour is the brightest. */
  private static void picture(Path file, int channel, Random random) throws IOException {
    byte[] values = new byte[24 * 18 * 3];
    for (int i = 0; i < values.length; i++) {
      values[i] = (byte) (random.nextInt(120) + (i % 3 == channel ? 130 : 0));
    }
    Files.createDirectories(file.resolveSibling(""));
    PictureWriter.write(file, Picture.of(24, 18, 3, values));
  }

  @Test
  void theAdapterIsOneOfPeftForPictures() throws IOException {
    JsonNode config = json(Files.readString(adapter.resolve("adapter_config.json")));
    assertThat(config.get("task_type").isNull()).isTrue();
    assertThat(config.get("modules_to_save").get(0).asText()).isEqualTo("classifier");
    assertThat(adapter.resolve("config.json")).exists();
  }

  @Test
  void evaluationGivesTheSharesOfPredictionsAndDrawsThem(@TempDir Path output) throws IOException {
    Path predictions = output.resolve("predictions.jsonl");
    Run predict =
        Run.of(
            "predict",
            "--model",
            model,
            "--adapter",
            adapter,
            "--data",
            pictures,
            "--output",
            predictions);
    assertThat(predict.status()).as(predict.err()).isZero();
    assertThat(predict.out()).contains("30 rows written to");
    int right = 0;
    for (String line : Files.readAllLines(predictions)) {
      JsonNode row = json(line);
      right += row.get("file_name").asText().startsWith(row.get("label").asText() + "/") ? 1 : 0;
      double sum = 0;
      for (String name : CLASSES) {
        sum += row.get("scores").get(name).asDouble();
      }
      assertThat(sum).isCloseTo(1, Offset.offset(1e-6));
    }
    assertThat(right).isGreaterThan(25);

    Path matrix = output.resolve("matrix.png");
    Run eval =
        Run.of(
            "eval",
            "--model",
            model,
            "--adapter",
            adapter,
            "--data",
            pictures,
            "--confusion-matrix",
            matrix);
    assertThat(eval.status()).as(eval.err()).isZero();
    assertThat(eval.out())
        .contains(
            "pictures: 30", String.format(Locale.ROOT, "accuracy: %.4f", right / 30.0), "macro_f1");
    Picture drawn = new PictureReader().read(matrix);
    assertThat(drawn.width()).isGreaterThan(3 * 44);
    // The middle of a corner of the last cell, in which nearly all of a row are: dark blue.
    assertThat(drawn.value(drawn.width() - 12 - 5, drawn.height() - 12 - 5, 0)).isLessThan(100);
    assertThat(drawn.value(drawn.width() - 12 - 5, drawn.height() - 12 - 5, 2)).isGreaterThan(100);
  }

  @Test
  void withoutTheAdapterPicturesAreGuessed() {
    Run run = Run.of("eval", "--model", model, "--data", pictures, "--last", 0.5);
    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out()).contains("pictures: 15");
  }

  /** The first loss is near that of the whole weights, from the same first values, and not that. */
  @Test
  void theBaseMayBeHeldInFourBits(@TempDir Path work) throws IOException {
    double[] plain = steps(work.resolve("plain"));
    double[] four = steps(work.resolve("four"), "--quantization", "nf4");
    assertThat(four).hasSize(3);
    assertThat(four[0])
        .isCloseTo(plain[0], Offset.offset(0.1 * plain[0]))
        .isNotCloseTo(plain[0], Offset.offset(1e-4 * plain[0]));
    Run eval =
        Run.of(
            "eval",
            "--model",
            model,
            "--adapter",
            work.resolve("four"),
            "--data",
            pictures,
            "--quantization",
            "nf4");
    assertThat(eval.status()).as(eval.err()).isZero();
    assertThat(eval.out()).contains("accuracy: ");
  }

  private static double[] steps(Path output, Object... more) throws IOException {
    Run run = three(output, more);
    assertThat(run.status()).as(run.err()).isZero();
    return Run.numbers(output, "loss");
  }

  private static Run three(Path output, Object... more) {
    Object[] first = {"train", "--model", model, "--data", pictures, "--output", output};
    Object[] usual = {"--rank", 4, "--target", "all-linear", "--steps", 3, "--batch-size", 5};
    return Run.of(Run.with(Run.with(first, usual), more));
  }

  @Test
  void aDryRunAndAPlanCountPictures(@TempDir Path work) {
    Run run = three(work.resolve("out"), "--dry-run");
    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out()).contains(", 5 pictures, loss ").doesNotContain("tokens");
    assertThat(Run.of("plan", model, "--target", "all-linear", "--batch", 2).out())
        .contains("memory, 2 pictures of 17 positions")
        .doesNotContain("tokens");
  }

  @Test
  void otherClassesGetANewHead(@TempDir Path other) throws IOException {
    Random random = new Random(9);
    for (int i = 0; i < 4; i++) {
      picture(other.resolve("data/rose/" + i + ".png"), 0, random);
      picture(other.resolve("data/leaf/" + i + ".png"), 1, random);
    }
    Path body = copy("vit_features", other.resolve("body"));
    Run run =
        Run.of(
            "train",
            "--model",
            body,
            "--task",
            "image-classification",
            "--data",
            other.resolve("data"),
            "--steps",
            1,
            "--output",
            other.resolve("out"));
    assertThat(run.status()).as(run.err()).isZero();
    assertThat(run.out()).contains("2 labels: leaf, rose");
    Run predict =
        Run.of(
            "predict",
            "--model",
            body,
            "--adapter",
            other.resolve("out"),
            "--data",
            other.resolve("data"));
    assertThat(predict.out()).contains("\"rose\":", "\"leaf\":").doesNotContain("\"cat\":");
  }

  @Test
  void brokenPicturesEndTheCommandOrAreLeftOut(@TempDir Path other) throws IOException {
    Random random = new Random(9);
    picture(other.resolve("cat/a.png"), 0, random);
    picture(other.resolve("dog/b.png"), 1, random);
    Files.writeString(other.resolve("dog/a.jpg"), "no picture");
    for (String command : List.of("eval", "predict")) {
      Run refused = Run.of(command, "--model", model, "--data", other);
      assertThat(refused.status()).isEqualTo(1);
      assertThat(refused.err()).contains("a.jpg is not a picture that can be read");
      Run skipped = Run.of(command, "--model", model, "--data", other, "--broken-pictures", "skip");
      assertThat(skipped.status()).as(skipped.err()).isZero();
      assertThat(skipped.out().lines().filter(line -> line.contains("a.jpg"))).isEmpty();
    }
  }

  @Test
  void optionsAndModelsThatDoNotFitAreRefused(@TempDir Path other) throws IOException {
    assertThat(fails("eval", "--model", Run.LLAMA, "--data", pictures, "--broken-pictures", "skip"))
        .contains("--broken-pictures is for tasks of pictures; this is causal-lm");
    assertThat(
            fails(
                "train",
                "--model",
                Run.LLAMA,
                "--task",
                "image-classification",
                "--data",
                pictures,
                "--output",
                other.resolve("out")))
        .contains("--task is image-classification, and the model reads text");
    assertThat(fails("eval", "--model", model, "--task", "seq-cls", "--data", pictures))
        .contains("The task is seq-cls, and the model reads pictures; give --task image-class");
    assertThat(fails("eval", "--model", model, "--data", pictures, "--sequence-length", "9"))
        .contains("--sequence-length is for texts");
    assertThat(fails("predict", "--model", model, "--data", pictures, "--num-beams", "2"))
        .contains("--num-beams is for causal-lm, seq-2-seq-lm and image-to-text");
    Path bare = Files.createDirectory(other.resolve("bare"));
    Files.copy(model.resolve("config.json"), bare.resolve("config.json"));
    Files.copy(model.resolve("model.safetensors"), bare.resolve("model.safetensors"));
    assertThat(fails("eval", "--model", bare, "--data", pictures))
        .contains("has no preprocessor_config.json");
  }

  @Test
  void clipScoresTextsForPicturesAsTheReferenceDoes() throws IOException {
    Path clip = Path.of(System.getProperty("basedir", "."), "src/test/resources/zero-shot");
    JsonNode expected = json(Files.readString(clip.resolve("expected.json")));
    Path files = Run.GOLDEN.resolve("../../../../../peft-vision/src/test/resources/pictures/files");
    StringBuilder lines = new StringBuilder();
    Path copied = Files.createDirectory(folder.resolve("zero-shot"));
    for (var names = expected.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      Files.copy(files.resolve(name), copied.resolve(name));
      lines.append("{\"file_name\": \"").append(name).append("\"}\n");
    }
    Path rows = Files.writeString(copied.resolve("rows.jsonl"), lines);
    String texts = "a photo of a cat,two old dogs,a mat in the winter town";
    Run run = Run.of("predict", "--model", clip, "--data", rows, "--labels", texts);
    assertThat(run.status()).as(run.err()).isZero();
    List<String> said = run.out().lines().toList();
    assertThat(said).hasSize(expected.size());
    for (String line : said) {
      JsonNode row = json(line);
      String name = row.get("file_name").asText();
      JsonNode wanted = expected.get(name);
      double tolerance = name.endsWith("png") ? 1e-5 : 2e-3; // JPEG differs by a level.
      for (String text : texts.split(",")) {
        assertThat(row.get("scores").get(text).asDouble())
            .isCloseTo(wanted.get(text).asDouble(), Offset.offset(tolerance));
      }
    }
    assertThat(fails("predict", "--model", clip, "--data", rows))
        .contains("--labels is []; a model of texts and pictures needs two or more");
    assertThat(fails("eval", "--model", clip, "--data", rows)).contains("has no \"text\"");
  }

  private static String fails(Object... arguments) {
    Run run = Run.of(arguments);
    assertThat(run.status()).isEqualTo(1);
    return run.err();
  }

  private static JsonNode json(String text) throws IOException {
    return new ObjectMapper().readTree(text);
  }
}
