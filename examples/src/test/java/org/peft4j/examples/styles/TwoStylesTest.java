package org.peft4j.examples.styles;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.examples.quickstart.TinyLlama;
import org.peft4j.examples.tiny.TinyEncoder;
import org.peft4j.quantization.Quantization;
import org.peft4j.transformers.TransformerOptions;

/** The example of two styles on the small model that comes along, with two short texts. */
class TwoStylesTest {
  private final Path folder;

  TwoStylesTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private Path text(String name, String line) throws IOException {
    return Files.writeString(folder.resolve(name), line.repeat(60));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void bothAdaptersThePreferenceAndTheirPagesAreWritten(boolean nf4) throws IOException {
    TransformerOptions options =
        nf4
            ? TransformerOptions.defaults().withQuantization(Quantization.nf4())
            : TransformerOptions.defaults();
    Path model = TinyLlama.unpack(folder.resolve("model"));
    Path verse = text("verse.txt", "HAMLET: To be, or not to be.\n");
    Path prose = text("prose.txt", "Dorothy lived in the midst of the great prairies.\n");
    Path output = folder.resolve("o");

    String printed =
        TinyEncoder.printed(
            () -> TwoStyles.run(model, options, verse, prose, output, new Plan(16, 12, 8, 6)));

    assertThat(printed)
        .containsPattern("base( +[\\d.]+){2}\\R")
        .containsPattern("shakespeare( +[\\d.]+){2}\\R")
        .contains("8 pairs of answers by both adapters, 2 held out")
        .containsPattern("before ORPO +Shakespeare preferred in +[\\d.]+ %, log odds [+-][\\d.]+")
        .containsPattern("after +Shakespeare preferred in +[\\d.]+ %, log odds [+-][\\d.]+");
    // Each adapter finds its own book likelier than the other adapter does.
    double[] own = losses(printed, "shakespeare");
    double[] other = losses(printed, "oz");
    assertThat(own[0]).isLessThan(other[0]);
    assertThat(other[1]).isLessThan(own[1]);
    assertThat(output.resolve("styles.html"))
        .content()
        .contains("<h1>2 runs</h1>", "Held-out loss");
    assertThat(output.resolve("prefers-shakespeare/report.html"))
        .content()
        .contains("log odds chosen");
    assertThat(output.resolve("oz/adapter_model.safetensors")).exists();
  }

  private static double[] losses(String printed, String who) {
    String line =
        printed.lines().filter(each -> each.startsWith(who + " ")).findFirst().orElseThrow();
    String[] parts = line.split(" +");
    return new double[] {Double.parseDouble(parts[1]), Double.parseDouble(parts[2])};
  }

  @Test
  void withoutDataItSaysWhatToDo() throws IOException {
    Path nothing = folder.resolve("nothing");

    assertThat(TinyEncoder.printed(() -> TwoStyles.main(new String[0])))
        .contains("Usage: TwoStyles [--nf4] MODEL_FOLDER SHAKESPEARE_TXT OZ_TXT OUTPUT_FOLDER");
    assertThat(
            TinyEncoder.printed(
                () ->
                    TwoStyles.main(
                        new String[] {folder.toString(), nothing.toString(), "x.txt", "o"})))
        .contains("There is no " + nothing + "; see examples/README.md for where it is from.");
  }
}
