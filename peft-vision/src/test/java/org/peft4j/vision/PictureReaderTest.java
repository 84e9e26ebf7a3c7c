package org.peft4j.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.error.PeftException;

/**
 * Files of every form are read as transformers' load_image reads them; others are refused by name.
 */
class PictureReaderTest {
  private static final Path PIXELS = Golden.FOLDER.resolve("pixels.safetensors");
  private static final PictureReader READER = new PictureReader();

  static List<String> files() {
    return Golden.names(PIXELS);
  }

  @ParameterizedTest
  @MethodSource("files")
  void equalsTheReferenceWithinOneLevel(String name) {
    Picture picture = READER.read(Golden.FILES.resolve(name));
    assertThat(List.of((long) picture.height(), (long) picture.width(), 3L))
        .isEqualTo(Golden.shape(PIXELS, name));
    byte[] expected = Golden.bytes(PIXELS, name).array();
    int largest = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs((expected[i] & 0xff) - (picture.values()[i] & 0xff)));
    }
    assertThat(largest).isLessThanOrEqualTo(name.endsWith("png") ? 0 : 1);
  }

  @Test
  void aHeaderOfTenThousandMillionPixelsAllocatesNothing() {
    byte[] png = png(100_000, 100_000);
    long before = allocated();
    assertThatThrownBy(() -> READER.read(png, "huge.png"))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "The picture huge.png has 100000 × 100000 pixels; allowed: up to 89478485 in all"
                + " (PictureLimits.maxPixels).");
    assertThat(allocated() - before).isLessThan(1 << 20);
  }

  @Test
  void theSizeOfAJpegIsComparedBeforeItIsDecoded() throws IOException {
    byte[] jpeg = Files.readAllBytes(Golden.FILES.resolve("color_420.jpg"));
    PictureReader small = new PictureReader(new PictureLimits(1 << 20, 37 * 29 - 1));
    assertThatThrownBy(() -> small.read(jpeg, "a.jpg"))
        .hasMessageContaining("a.jpg has 37 × 29 pixels; allowed: up to 1072 in all");
    PictureReader enough = new PictureReader(new PictureLimits(1 << 20, 37 * 29));
    assertThat(enough.read(jpeg, "a.jpg").width()).isEqualTo(37);
  }

  @Test
  void aFileOfTooManyBytesIsNotRead() {
    Path file = Golden.FILES.resolve("color.png");
    assertThatThrownBy(() -> new PictureReader(new PictureLimits(100, 10_000)).read(file))
        .hasMessageMatching("The picture .*color.png has \\d+ bytes; allowed: up to 100 .*");
  }

  @ParameterizedTest
  @CsvSource({"color.png", "color_420.jpg", "progressive.jpg", "palette.png", "interlaced.png"})
  void aFileThatIsCutOffIsRefused(String name) throws IOException {
    byte[] bytes = Files.readAllBytes(Golden.FILES.resolve(name));
    for (int length : new int[] {20, bytes.length / 3, bytes.length * 9 / 10, bytes.length - 1}) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> READER.read(cut, name))
          .as(length + " bytes")
          .isInstanceOf(PeftException.class)
          .hasMessageStartingWith("The picture " + name + " is broken: it is cut off after ");
    }
  }

  @Test
  void changedPixelsOfAPngAreFoundByTheirChecksum() throws IOException {
    byte[] bytes = Files.readAllBytes(Golden.FILES.resolve("color.png"));
    bytes[bytes.length / 2] ^= 4;
    assertThatThrownBy(() -> READER.read(bytes, "p.png"))
        .hasMessage(
            "The picture p.png is broken: the checksum of its chunk \"IDAT\" at byte 33 is wrong.");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "GIF89a.......| it is GIF",
        "BMabcdefghijk| it is BMP",
        "RIFF....WEBPVP8 | it is WebP",
        "<!DOCTYPE html>| It is an HTML page",
        "hello, world| x.jpg is not a picture that can be read; allowed",
      })
  void otherFormatsAreNamed(String content, String message, @TempDir Path folder)
      throws IOException {
    Path file = Files.writeString(folder.resolve("x.jpg"), content, StandardCharsets.ISO_8859_1);
    assertThatThrownBy(() -> READER.read(file))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(message.strip())
        .hasMessageContaining("allowed: JPEG and PNG.");
  }

  @Test
  void whatIsMissingOrNoFileIsNamed(@TempDir Path folder) {
    assertThatThrownBy(() -> READER.read(folder.resolve("no.png")))
        .hasMessageContaining("There is no picture ")
        .hasMessageContaining("no.png");
    assertThatThrownBy(() -> READER.read(folder)).hasMessageContaining("is not a regular file");
  }

  private static long allocated() {
    return ((com.sun.management.ThreadMXBean)
            java.lang.management.ManagementFactory.getThreadMXBean())
        .getThreadAllocatedBytes(Thread.currentThread().getId());
  }

  private static byte[] png(int width, int height) {
    ByteBuffer file = ByteBuffer.allocate(200);
    file.put("\u0089PNG\r\n\u001a\n".getBytes(StandardCharsets.ISO_8859_1));
    ByteBuffer header = ByteBuffer.allocate(13);
    header.putInt(width).putInt(height).put(new byte[] {8, 2, 0, 0, 0});
    chunk(file, "IHDR", header.array());
    chunk(file, "IDAT", new byte[40]);
    chunk(file, "IEND", new byte[0]);
    return Arrays.copyOf(file.array(), file.position());
  }

  private static void chunk(ByteBuffer file, String kind, byte[] data) {
    CRC32 sum = new CRC32();
    sum.update(kind.getBytes(StandardCharsets.ISO_8859_1));
    sum.update(data);
    file.putInt(data.length).put(kind.getBytes(StandardCharsets.ISO_8859_1)).put(data);
    file.putInt((int) sum.getValue());
  }
}
