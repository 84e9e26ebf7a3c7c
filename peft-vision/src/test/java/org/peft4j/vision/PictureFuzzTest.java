package org.peft4j.vision;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.error.PeftException;
import org.peft4j.testing.Mutations;

/** Damaged pictures are read or refused with their name, in bounded time and memory. */
class PictureFuzzTest {
  private static final List<String> TOKENS =
      List.of(
          "\u00ff\u00d8\u00ff",
          "\u00ff\u00d9",
          "\u00ff\u00da",
          "\u00ff\u00c0\0\u0011\u0008\u00ff\u00ff\u00ff\u00ff\u0003",
          "\u00ff\u00c2",
          "\u00ff\u00c4",
          "\u00ff\u00db",
          "\u00ff\u00dd\0\u0004\0\u0001",
          "\u00ff\u00ff",
          "Exif\0\0II*\0",
          "IHDR",
          "PLTE",
          "tRNS",
          "IEND",
          "\u007f\u00ff\u00ff\u00ff",
          "\0\0\0\0");

  private static final PictureReader READER =
      new PictureReader(new PictureLimits(1 << 16, 1 << 20));

  @ParameterizedTest
  @ValueSource(
      strings = {
        "color_420.jpg",
        "progressive.jpg",
        "cmyk.jpg",
        "turned_6.jpg",
        "turned.png",
        "palette_alpha.png",
        "interlaced.png",
        "color_16.png"
      })
  void damagedFilesAreRefusedOrRead(String name) throws IOException {
    byte[] sound = Files.readAllBytes(Golden.FILES.resolve(name));
    assertThat(reads(sound)).as("the sound file").isTrue();
    Mutations mutations = new Mutations(20_261_129, TOKENS);
    int inputs = Mutations.inputs(400);
    int read = 0;
    for (int i = 0; i < inputs; i++) {
      read += reads(mutations.of(sound)) ? 1 : 0;
    }
    assertThat(read).isLessThan(inputs);
  }

  private static boolean reads(byte[] bytes) {
    try {
      Picture picture = READER.read(bytes, "fuzz.picture");
      assertThat((long) picture.width() * picture.height()).isLessThanOrEqualTo(1 << 20);
      assertThat(picture.values()).hasSize(picture.width() * picture.height() * 3);
      return true;
    } catch (PeftException expected) {
      assertThat(expected).hasMessageContaining("fuzz.picture");
      return false;
    }
  }
}
