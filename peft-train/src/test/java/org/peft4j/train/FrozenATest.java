package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.lora.fa.FrozenA;
import org.peft4j.train.schedule.StandardSchedule;
import org.peft4j.transformers.TransformerModel;

/** LoRA-FA: A stays, and B's gradient is the projected one of the reference's gradients. */
class FrozenATest {
  private static final String NAME = Peft.DEFAULT_ADAPTER;

  @ParameterizedTest
  @ValueSource(strings = {"optimizers/lorafa_llama", "optimizers/lorafa_gpt2"})
  void theGradientIsProjectedAndAStays(String name) {
    GoldenCase golden = GoldenCase.named(name);
    double scale = name.endsWith("gpt2") ? 3 / Math.sqrt(2) : 2;
    try (TransformerModel base = golden.base();
        PeftModel<ComputationGraph> model = golden.wrap(base)) {
      Map<String, INDArray> before = new LinkedHashMap<>();
      model.adapter(NAME).tensors().forEach((key, tensor) -> before.put(key, tensor.dup()));
      FineTuner.builder(model, golden.data())
          .settings(
              FineTuningSettings.builder()
                  .steps(1)
                  .batchSize(golden.data().size())
                  .schedule(StandardSchedule.CONSTANT)
                  .maxGradNorm(0)
                  .shuffle(false)
                  .build())
          .hook(() -> new FrozenA(model.adapter(NAME)))
          .build()
          .run();
      Map<String, INDArray> gradients = model.adapter(NAME).gradients();
      model
          .adapter(NAME)
          .tensors()
          .forEach(
              (key, tensor) -> {
                INDArray old = Objects.requireNonNull(before.get(key));
                if (key.contains("lora_A")) {
                  assertThat(tensor).isEqualTo(old);
                  return;
                }
                assertThat(tensor).isNotEqualTo(old);
                INDArray a =
                    Objects.requireNonNull(before.get(key.replace("lora_B", "lora_A")))
                        .castTo(DataType.DOUBLE);
                INDArray gram = a.mmul(a.transpose()).addi(Nd4j.eye(a.size(0)).mul(1e-8));
                INDArray actual =
                    Objects.requireNonNull(gradients.get(key)).castTo(gram.dataType());
                INDArray product = actual.mmul(gram).mul(scale * scale);
                INDArray wanted = golden.expected("grad." + key).castTo(gram.dataType());
                double difference = product.sub(wanted).amaxNumber().doubleValue();
                assertThat(difference / wanted.amaxNumber().doubleValue()).as(key).isLessThan(1e-4);
              });
      assertThat(List.copyOf(before.keySet())).isNotEmpty();
    }
  }
}
