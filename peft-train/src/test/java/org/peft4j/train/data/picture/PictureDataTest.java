package org.peft4j.train.data.picture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.table.Columns;
import org.peft4j.train.data.table.Row;
import org.peft4j.train.data.table.Table;
import org.peft4j.train.data.task.PictureFiles;
import org.peft4j.transformers.config.Labels;
import org.peft4j.transformers.config.ProblemType;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.vision.ImageProcessor;
import org.peft4j.vision.Picture;
import org.peft4j.vision.PictureReader;
import org.peft4j.vision.PictureSize;
import org.peft4j.vision.PictureWriter;
import org.peft4j.vision.Resampling;
import org.peft4j.vision.ResizeRule;

/** Folders and lists of pictures are read with their labels; what is broken is named. */
class PictureDataTest {
  private static final ImageProcessor PROCESSOR =
      new ImageProcessor(
          Optional.of(new ResizeRule.Exactly(new PictureSize(3, 2))),
          Resampling.BOX,
          Optional.empty(),
          OptionalDouble.of(1 / 255.0),
          Optional.empty());
  private static final TaskHead CATS_AND_DOGS =
      TaskHead.sequences(
          new Labels(List.of("cat", "dog")), ProblemType.SINGLE_LABEL_CLASSIFICATION);

  private final Random random = new Random(7);
  private final Path folder;

  PictureDataTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @BeforeEach
  void write() throws IOException {
    for (String name : List.of("dog/b.png", "cat/2.png", "cat/10.png", "dog/a.png")) {
      picture(name, 4, 6);
    }
    Files.writeString(folder.resolve("cat/2.txt"), " a cat on a mat\n");
    Files.writeString(folder.resolve("dog/notes.md"), "no picture");
    Files.createDirectory(folder.resolve(".hidden"));
  }

  private Picture picture(String name, int width, int height) throws IOException {
    byte[] values = new byte[width * height * 3];
    random.nextBytes(values);
    Path file = folder.resolve(name);
    Files.createDirectories(file.resolveSibling(""));
    Picture picture = Picture.of(width, height, 3, values);
    PictureWriter.write(file, picture);
    return picture;
  }

  private static PictureFiles files(BrokenPictures broken) {
    return new PictureFiles(PROCESSOR, Columns.asTheyAre(), broken);
  }

  @Test
  void aFolderForEachClassHasItsNameForLabel() {
    List<Row> rows = Table.of(folder).rows();
    assertThat(rows.stream().map(row -> row.text("file_name")).toList())
        .containsExactly("cat/10.png", "cat/2.png", "dog/a.png", "dog/b.png");
    assertThat(rows.stream().flatMap(row -> row.labels("label").stream()).toList())
        .containsExactly("cat", "cat", "dog", "dog");
    assertThat(rows.get(1).text("text")).isEqualTo("a cat on a mat");
    assertThat(rows.get(0).has("text")).isFalse();
    assertThat(rows.get(2).file("file_name")).isEqualTo(folder.resolve("dog/a.png"));
    assertThat(rows.get(2).where()).isEqualTo(folder.resolve("dog/a.png").toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "metadata.csv|file_name,label\ndog/b.png,dog\ncat/2.png,cat\n",
        "metadata.jsonl|{\"file_name\": \"dog/b.png\", \"label\": 1}\n"
            + "{\"file_name\": \"cat/2.png\", \"label\": \"cat\"}\n",
        "other.csv|label,file_name\ndog,dog/b.png\n0,cat/2.png\n"
      })
  void aListOfFilesIsRead(String given) throws IOException {
    String[] parts = given.split("\\|");
    Path file = Files.writeString(folder.resolve(parts[0]), parts[1]);
    Path data = parts[0].startsWith("metadata") ? folder : file;
    PictureData read = files(BrokenPictures.REFUSE).read(data, CATS_AND_DOGS);
    assertThat(read.examples().stream().map(each -> each.label().number().orElseThrow()).toList())
        .containsExactly(1, 0);
    assertThat(read.examples().get(0).file().toRealPath())
        .isEqualTo(folder.resolve("dog/b.png").toRealPath());
  }

  @Test
  void columnsMayHaveOtherNames() throws IOException {
    Path file = Files.writeString(folder.resolve("a.csv"), "image,kind\ncat/2.png,cat\n");
    PictureFiles files =
        new PictureFiles(
            PROCESSOR, Columns.parse("file_name=image,label=kind"), BrokenPictures.REFUSE);
    assertThat(files.read(file, CATS_AND_DOGS).size()).isEqualTo(1);
  }

  @Test
  void aBatchHasThePixelsThatTheProcessorGives() throws IOException {
    PictureData data = files(BrokenPictures.REFUSE).read(folder, CATS_AND_DOGS);
    PictureBatch batch = data.batch(3, 0);
    assertThat(batch.shape()).containsExactly(2, 3, 3, 2);
    assertThat(batch.labels().stream().map(each -> each.number().orElseThrow()).toList())
        .containsExactly(1, 0);
    assertThat(batch.tokens()).isEqualTo(2);
    Picture original = new PictureReader().read(folder.resolve("dog/b.png"));
    // A box over 2 × 2 pixels: their mean, in two passes that each round to a byte.
    int above = original.value(0, 0, 1) + original.value(1, 0, 1);
    int below = original.value(0, 1, 1) + original.value(1, 1, 1);
    double mean = (above + below) / 4.0 / 255;
    assertThat((double) batch.pixels()[6]).isCloseTo(mean, Offset.offset(1.01 / 255));
  }

  @Test
  void namesOutsideOfTheFolderAreRefused() throws IOException {
    for (String name : List.of("../x.png", "/etc/x.png", "cat/../../x.png", ".")) {
      Path file = Files.writeString(folder.resolve("a.csv"), "file_name,label\n" + name + ",cat\n");
      assertThatThrownBy(() -> files(BrokenPictures.SKIP).read(file, CATS_AND_DOGS))
          .as(name)
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("a.csv, line 2, column 1: \"file_name\" is \"" + name)
          .hasMessageContaining("allowed: files beside it, or below.");
    }
  }

  @Test
  void aBrokenPictureIsRefusedOrLeftOut() throws IOException {
    Files.writeString(folder.resolve("cat/0.jpg"), "not a picture");
    assertThatThrownBy(() -> files(BrokenPictures.REFUSE).read(folder, CATS_AND_DOGS))
        .hasMessageContaining("0.jpg is not a picture that can be read");
    PictureData skipped = files(BrokenPictures.SKIP).read(folder, CATS_AND_DOGS);
    assertThat(skipped.size()).isEqualTo(4);
    assertThat(skipped.examples().get(0).row()).isEqualTo(1);
    Path only = Files.createDirectories(folder.resolve("only/cat"));
    Files.writeString(only.resolve("x.png"), "");
    assertThatThrownBy(() -> files(BrokenPictures.SKIP).read(folder.resolve("only"), CATS_AND_DOGS))
        .hasMessageContaining("None of 1 pictures can be read.")
        .hasMessageContaining("x.png");
  }

  @Test
  void anEmptyFolderHasNoPicture(@TempDir Path empty) {
    assertThatThrownBy(() -> files(BrokenPictures.SKIP).read(empty, CATS_AND_DOGS))
        .hasMessageContaining(empty + " has no picture in it.");
  }

  @Test
  void aLabelThatTheModelHasNotIsNamedWithItsPicture() throws IOException {
    picture("horse/h.png", 2, 2);
    assertThatThrownBy(() -> files(BrokenPictures.SKIP).read(folder, CATS_AND_DOGS))
        .hasMessageContaining("h.png: \"label\" has the label \"horse\", which the model has not");
  }

  @Test
  void picturesOfDifferentSizesAreRefused() throws IOException {
    picture("cat/wide.png", 20, 2);
    ImageProcessor edge =
        new ImageProcessor(
            Optional.of(new ResizeRule.ShortestEdge(4)),
            Resampling.BOX,
            Optional.empty(),
            OptionalDouble.empty(),
            Optional.empty());
    PictureFiles files = new PictureFiles(edge, Columns.asTheyAre(), BrokenPictures.REFUSE);
    assertThatThrownBy(() -> files.read(folder, CATS_AND_DOGS))
        .hasMessageContaining("wide.png has 40 × 4 pixels in colour behind the image processor")
        .hasMessageContaining("others 4 × 6 pixels in colour");
  }

  @Test
  void aPartIsTheFirstOrTheRest() {
    PictureData data = files(BrokenPictures.REFUSE).read(folder, CATS_AND_DOGS);
    assertThat(data.first(0.75).size()).isEqualTo(3);
    assertThat(data.after(0.75).examples().get(0).row()).isEqualTo(3);
    assertThat(data.first(0.75).checksum()).isNotEqualTo(data.checksum());
    assertThatThrownBy(() -> data.after(1)).hasMessageContaining("Nothing is left of 4 pictures");
  }
}
