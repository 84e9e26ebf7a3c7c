package org.peft4j.transformers.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;
import org.peft4j.internal.files.TensorFile;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.transformers.Golden;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.family.Families;

/** Models that read pictures give what transformers gives, under its names. */
class VisionForwardTest {
  static List<String> cases() throws IOException {
    try (Stream<Path> folders = Files.list(Golden.folder("vision"))) {
      return folders.map(folder -> folder.getFileName().toString()).sorted().toList();
    }
  }

  private static Path file(String name, String file) {
    return Golden.folder("vision").resolve(name).resolve(file);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void outputsAreTheReferences(String name) throws IOException {
    Path inputs = file(name, "inputs.safetensors");
    Path expected = file(name, "expected.safetensors");
    String base = new JsonMapper().readTree(file(name, "case.json").toFile()).path("base").asText();
    TransformerOptions options =
        TransformerOptions.defaults().withInterpolatedPositions(ForwardInputs.interpolates(inputs));
    try (TransformerModel model = Transformers.open(Golden.base(base), options);
        ForwardInputs batch = ForwardInputs.read(inputs, model.architecture());
        ForwardPass pass = ForwardPass.of(model.graph(), batch);
        TensorSource source = TensorSource.open(expected)) {
      assertThat(pass.results().keySet()).isEqualTo(source.tensors().keySet());
      for (String key : source.tensors().keySet()) {
        INDArray wanted = Golden.floats(expected, key);
        INDArray actual = Objects.requireNonNull(pass.results().get(key));
        assertThat(actual.shape()).as(key).isEqualTo(wanted.shape());
        assertThat(actual.sub(wanted).amaxNumber().doubleValue())
            .as(key)
            .isLessThan(1e-5 * wanted.amaxNumber().doubleValue());
      }
    }
  }

  @Test
  void picturesOfOtherChannelsAndTextAreRefused(@TempDir Path folder) {
    Path file = folder.resolve("inputs.safetensors");
    TensorFile.write(file, Map.of("pixel_values", Nd4j.rand(2, 4, 20, 20)), Map.of("format", "pt"));
    assertThatThrownBy(() -> ForwardInputs.read(file, Families.read(Golden.base("vit"))))
        .isInstanceOf(PeftException.class)
        .hasMessageEndingWith(
            "pixel_values has the shape [2, 4, 20, 20]; needed: [batch, 3, height, width].");

    TensorFile.write(
        file,
        Map.of("pixel_values", Nd4j.rand(2, 3, 20, 20), "input_ids", Nd4j.rand(2, 5)),
        Map.of("format", "pt"));
    assertThatThrownBy(() -> ForwardInputs.read(file, Families.read(Golden.base("vit"))))
        .hasMessageEndingWith(
            "unknown tensor \"input_ids\"; allowed: pixel_values, interpolate_pos_encoding,"
                + " labels.");
  }
}
