package org.peft4j.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every filter, up and down, equals Pillow's to the last bit. */
class ResamplerTest {
  private static final Path RESIZED = Golden.FOLDER.resolve("resized.safetensors");
  private static final Picture COLOR = new PictureReader().read(Golden.FILES.resolve("color.png"));

  static List<String> cases() {
    return Golden.names(RESIZED).stream().filter(name -> !name.equals("grey")).toList();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void equalsPillow(String name) {
    String[] words = name.split(" ");
    Resampling filter = Resampling.of(Integer.parseInt(words[0]));
    Picture resized =
        Resampler.resize(COLOR, Integer.parseInt(words[1]), Integer.parseInt(words[2]), filter);
    assertThat(resized.values()).isEqualTo(Golden.bytes(RESIZED, name).array());
  }

  @Test
  void greyEqualsPillow() {
    assertThat(COLOR.grey().values()).isEqualTo(Golden.bytes(RESIZED, "grey").array());
  }

  @Test
  void anUnknownCodeIsRefused() {
    assertThatThrownBy(() -> Resampling.of(6))
        .hasMessage(
            "resample is 6; allowed: 0 (nearest), 1 (lanczos), 2 (bilinear), 3 (bicubic), 4 (box),"
                + " 5 (hamming).");
  }
}
