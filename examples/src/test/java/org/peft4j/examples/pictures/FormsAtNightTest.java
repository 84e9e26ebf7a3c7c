package org.peft4j.examples.pictures;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.examples.tiny.TinyEncoder;

class FormsAtNightTest {
  private static final Pattern LOSSES = Pattern.compile("pictures ([\\d.]+) before, ([\\d.]+)");

  private final Path folder;

  FormsAtNightTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void aFewStepsLowerTheLossOfOtherPictures() throws IOException {
    Path output = folder.resolve("output");

    String printed =
        TinyEncoder.printed(
            () -> FormsAtNight.run(folder, output, new FormsAtNight.Plan(12, 1, 2)));

    Matcher losses = LOSSES.matcher(printed);
    assertThat(losses.find()).as(printed).isTrue();
    assertThat(Double.parseDouble(losses.group(2)))
        .as(printed)
        .isLessThan(0.5 * Double.parseDouble(losses.group(1)));
    assertThat(printed).containsPattern("merged, other forms: \\d of 4 recognised");
    assertThat(output.resolve("before-and-after.png")).exists();
    assertThat(output.resolve("report.html")).content().contains("Held-out loss");
  }
}
