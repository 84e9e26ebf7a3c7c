package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.AdapterScope;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.LoraInit;
import org.peft4j.quantization.GroupQuantization;
import org.peft4j.quantization.Quantization;

/** QA-LoRA on integers by groups: the merged model has the same codes, and the adapted outputs. */
class QaLoraTest {
  private static final Quantization GROUPS = GroupQuantization.ofBits(4).withGroupSize(8);

  private static CausalLanguageModel load(Quantization quantization) {
    return Transformers.load(
        Golden.base("llama"), TransformerOptions.defaults().withQuantization(quantization));
  }

  private static LoraConfig config(int groupSize) {
    return LoraConfig.builder()
        .targetModules("all-linear")
        .init(LoraInit.RANDOM)
        .alpha(2)
        .qalora(true)
        .qaloraGroupSize(groupSize)
        .build();
  }

  @Test
  void itMergesIntoTheOffsetsOfGroups() {
    GoldenInputs inputs = GoldenInputs.of("quantized/llama_qalora");
    try (CausalLanguageModel base = load(GROUPS);
        PeftModel<ComputationGraph> model = Peft.wrap(base.graph(), config(8))) {
      INDArray plain = inputs.output(base.graph()).dup();
      INDArray adapted = inputs.output(model.network()).dup();
      long bytes = Peft.plan(base.graph(), config(8)).memory().weights();

      assertThat(difference(adapted, plain)).isGreaterThan(1e-2);
      try (AdapterScope ignored = model.merged()) {
        assertThat(difference(inputs.output(model.network()), adapted)).isLessThan(1e-5);
        assertThat(Peft.plan(base.graph(), config(8)).memory().weights()).isEqualTo(bytes);
      }
      assertThat(inputs.output(base.graph())).isEqualTo(plain);
      assertThat(inputs.output(model.network())).isEqualTo(adapted);
    }
  }

  /** Groups of the adapter may be several of the weight's, not parts of them. */
  @Test
  void itsGroupsHoldWholeGroupsOfTheWeight() {
    LoraConfig mlp = config(4).toBuilder().targetModules("gate_proj").qaloraGroupSize(16).build();
    try (CausalLanguageModel base = load(GROUPS);
        PeftModel<ComputationGraph> model = Peft.wrap(base.graph(), mlp);
        AdapterScope merged = model.merged()) {
      assertThat(merged).isNotNull();
    }
    LoraConfig parts = mlp.toBuilder().qaloraGroupSize(4).build();
    try (CausalLanguageModel base = load(GROUPS);
        PeftModel<ComputationGraph> model = Peft.wrap(base.graph(), parts)) {
      assertThatThrownBy(model::merged)
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("A weight in INT4 takes in only what changes all inputs of a group")
          .hasMessageContaining("qalora_group_size a multiple of the weight's groups");
    }
  }

  @Test
  void aMergedModelOfNumbersIsWritten(@TempDir Path folder) {
    try (CausalLanguageModel base = load(Quantization.nf4());
        PeftModel<ComputationGraph> model = Peft.wrap(base.graph(), config(8))) {
      assertThatThrownBy(model::merged)
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("A weight in NF4 cannot take an adapter in");
      model.save(folder);
    }
    try (CausalLanguageModel base = Transformers.load(Golden.base("llama"));
        PeftModel<ComputationGraph> model = Peft.load(base.graph(), folder)) {
      GoldenInputs inputs = GoldenInputs.of("quantized/llama_qalora");
      INDArray adapted = inputs.output(model.network()).dup();
      try (AdapterScope ignored = model.merged()) {
        assertThat(difference(inputs.output(model.network()), adapted)).isLessThan(1e-5);
      }
    }
  }

  private static double difference(INDArray a, INDArray b) {
    return a.sub(b).amaxNumber().doubleValue() / b.amaxNumber().doubleValue();
  }
}
