package org.peft4j.examples.pictures;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.diffusion.DiffusionOptions;
import org.peft4j.diffusion.pipeline.StableDiffusion;
import org.peft4j.diffusion.sampling.SamplingSettings;
import org.peft4j.diffusion.schedule.SamplerKind;
import org.peft4j.examples.tiny.TinyEncoder;

class FormsAtNightTest {
  private static final Pattern LOSSES = Pattern.compile("pictures ([\\d.]+) before, ([\\d.]+)");
  private static final int FORMS = SmallUNet.FORMS.size();

  private final Path folder;

  FormsAtNightTest(@TempDir Path folder) {
    this.folder = folder;
  }

  /** The adapter that comes along, on a picture of each form. */
  @Test
  void allFormsKeepTheirOutlinesAndGetTheLookOfTheNight() {
    SmallUNet files = SmallUNet.unpack(folder);
    SamplingSettings settings = new SamplingSettings(SamplerKind.DDIM, 5, 2);
    try (StableDiffusion model = StableDiffusion.load(files.model(), DiffusionOptions.defaults())) {
      Outlines.Verdict before = files.outlines().judge(Drawing.all(model, 1, settings));
      model.adapt(SmallUNet.adapter(folder.resolve("night-lora")));
      Outlines.Verdict after = files.outlines().judge(Drawing.all(model, 1, settings));

      assertThat(before.recognised()).as("%s", before).isGreaterThanOrEqualTo(FORMS - 1);
      assertThat(before.ground())
          .as("%s", before)
          .allSatisfy(it -> assertThat(it).isGreaterThan(230));
      assertThat(before.ink()).as("%s", before).allSatisfy(it -> assertThat(it).isLessThan(30));
      assertThat(after.recognised()).as("%s", after).isGreaterThanOrEqualTo(FORMS - 1);
      assertNear(after.ground(), 24, 28, 84);
      assertNear(after.ink(), 245, 140, 85);
    }
  }

  private static void assertNear(List<Long> color, int... expected) {
    for (int i = 0; i < expected.length; i++) {
      assertThat((double) color.get(i))
          .as("%s", color)
          .isBetween(expected[i] - 30.0, expected[i] + 30.0);
    }
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
