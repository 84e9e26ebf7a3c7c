package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.config.PeftConfig;
import org.peft4j.lora.loha.LoHaConfig;
import org.peft4j.lora.lokr.LoKrConfig;

/**
 * Where Hugging Face PEFT lacks what this library has, a line in the log says so, when the adapter
 * is made and when it is saved.
 */
class PythonCannotLoadTest {
  @ParameterizedTest
  @ValueSource(strings = {"LoHa", "LoKr"})
  void aLineIsToldWhenTheAdapterIsMadeAndWhenItIsSaved(String method, @TempDir Path folder) {
    PeftConfig config =
        method.equals("LoHa")
            ? LoHaConfig.builder().targetModules("c_attn").build()
            : LoKrConfig.builder().targetModules("c_attn").build();
    String line = "Python's PEFT has " + method + " for Linear modules, and GPT-2 has Conv1D";
    try (CausalLanguageModel base = Transformers.load(Golden.base("gpt2"))) {
      PeftModel<?>[] model = new PeftModel<?>[1];
      assertThat(logged(() -> model[0] = Peft.wrap(base.graph(), config))).containsOnlyOnce(line);
      assertThat(logged(() -> model[0].save(folder))).containsOnlyOnce(line);
      model[0].close();
    }
  }

  @Test
  void otherModelsAreSavedWithoutAWord(@TempDir Path folder) {
    PeftConfig config = LoHaConfig.builder().targetModules("q_proj").build();
    try (CausalLanguageModel base = Transformers.load(Golden.base("llama"));
        PeftModel<ComputationGraph> model = Peft.wrap(base.graph(), config)) {
      assertThat(logged(() -> model.save(folder))).doesNotContain("Python's PEFT");
    }
  }

  private static String logged(Runnable action) {
    PrintStream before = System.err;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (PrintStream stream = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
      System.setErr(stream);
      action.run();
    } finally {
      System.setErr(before);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
