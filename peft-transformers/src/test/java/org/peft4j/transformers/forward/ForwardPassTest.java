package org.peft4j.transformers.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.Golden;
import org.peft4j.transformers.TransformerModel;

/** A batch in a file gives logits, loss and gradients of the reference, in a file again. */
class ForwardPassTest {
  private static Path file(String name, String file) {
    return Golden.folder(name).resolve(file);
  }

  private static INDArray result(ForwardPass pass, String name) {
    return Objects.requireNonNull(pass.results().get(name));
  }

  @ParameterizedTest
  @CsvSource({"llama_qv, llama", "gpt2_c_attn, gpt2", "opt_350m_all_linear, opt_350m"})
  void aBaseGivesItsLogitsAndItsLoss(String name, String base) {
    Path expected = file(name, "expected.safetensors");
    try (TransformerModel model = Golden.open(base);
        ForwardInputs inputs =
            ForwardInputs.read(file(name, "inputs.safetensors"), model.architecture());
        ForwardPass pass = ForwardPass.of(model.graph(), inputs)) {
      assertThat(pass.results()).containsOnlyKeys("logits", "loss");
      assertThat(
              Golden.logitsError(
                  result(pass, "logits"),
                  Golden.floats(expected, "base_logits"),
                  inputs.attentionMask().orElseThrow()))
          .isLessThan(1e-5);
    }
  }

  @Test
  void anAdapterGivesGradientsAndAllResultsGoToAFile(@TempDir Path folder) {
    Path expected = file("llama_qv", "expected.safetensors");
    Path written = folder.resolve("results.safetensors");
    try (TransformerModel base = Golden.open("llama");
        PeftModel<ComputationGraph> model = Peft.load(base.graph(), file("llama_qv", "adapter"));
        ForwardInputs inputs =
            ForwardInputs.read(file("llama_qv", "inputs.safetensors"), base.architecture());
        ForwardPass pass = ForwardPass.withGradients(model, inputs)) {
      pass.write(written);

      double loss = Golden.floats(expected, "loss").getDouble(0);
      assertThat(result(pass, "loss").getDouble(0)).isCloseTo(loss, within(1e-5 * loss));
      assertThat(pass.results().keySet()).filteredOn(key -> key.startsWith("grad.")).hasSize(8);
      for (String key : pass.results().keySet()) {
        assertThat(Golden.floats(written, key)).as(key).isEqualTo(result(pass, key));
        if (key.startsWith("grad.")) {
          INDArray wanted = Golden.floats(expected, key);
          double error = result(pass, key).sub(wanted).amaxNumber().doubleValue();
          assertThat(error / wanted.amaxNumber().doubleValue()).as(key).isLessThan(1e-5);
        }
      }
    }
  }

  @Test
  void gradientsNeedLabels() {
    try (TransformerModel base = Golden.open("llama");
        PeftModel<ComputationGraph> model = Peft.load(base.graph(), file("llama_qv", "adapter"));
        ForwardInputs all =
            ForwardInputs.read(file("llama_qv", "inputs.safetensors"), base.architecture())) {
      ForwardInputs inputs =
          new ForwardInputs(
              all.input(),
              all.attentionMask(),
              all.types(),
              all.decoder(),
              Optional.empty(),
              all.tasks(),
              Optional.empty());

      assertThatThrownBy(() -> ForwardPass.withGradients(model, inputs))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("Gradients need a loss, and there are no labels");
    }
  }
}
