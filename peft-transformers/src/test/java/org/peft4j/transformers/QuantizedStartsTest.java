package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.LoraInit;
import org.peft4j.lora.eva.EvaInitialiser;
import org.peft4j.lora.eva.EvaSettings;
import org.peft4j.quantization.Quantization;
import org.peft4j.safetensors.DType;
import org.peft4j.transformers.checkpoint.CheckpointWriter;

/** Starts that depend on the weights: on quantised ones, those of the numbers they stand for. */
class QuantizedStartsTest {
  private static final INDArray IDS =
      Nd4j.createFromArray(new int[][] {{3, 1, 4, 1, 5, 9}, {2, 7, 1, 8, 2, 8}});

  /** The base's outputs, the first outputs and tensors of an adapter. */
  private record Start(INDArray base, INDArray adapted, Map<String, INDArray> tensors) {}

  private static Start start(Path model, TransformerOptions options, String kind) {
    LoraConfig.Builder config = LoraConfig.builder().rank(2).alpha(3).targetModules("all-linear");
    switch (kind) {
      case "dora" -> config.dora(true);
      case "pissa dora" -> config.dora(true).init(LoraInit.PISSA);
      case "eva" -> config.init(LoraInit.STANDARD);
      default -> config.init(LoraInit.valueOf(kind.toUpperCase(Locale.ROOT)));
    }
    try (CausalLanguageModel base = Transformers.load(model, options);
        PeftModel<ComputationGraph> adapted = Peft.wrap(base.graph(), config.build(), 3)) {
      if (kind.equals("eva")) {
        EvaInitialiser eva = new EvaInitialiser(adapted, Peft.DEFAULT_ADAPTER, EvaSettings.DEFAULT);
        eva.observe(() -> adapted.network().output(false, IDS));
        eva.apply();
      }
      Map<String, INDArray> tensors = new LinkedHashMap<>();
      adapted.adapter(Peft.DEFAULT_ADAPTER).tensors().forEach((k, v) -> tensors.put(k, v.dup()));
      return new Start(
          base.graph().outputSingle(IDS).dup(), adapted.network().outputSingle(IDS).dup(), tensors);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "llama, pissa",
    "llama, olora",
    "llama, orthogonal",
    "llama, mica",
    "llama, dora",
    "llama, pissa dora",
    "llama, eva",
    "gpt2, pissa",
    "gpt2, olora",
    "gpt2, dora",
    "gpt2, eva"
  })
  void theyAreThoseOfTheWidenedValues(String base, String kind, @TempDir Path folder) {
    TransformerOptions nf4 =
        TransformerOptions.defaults().withQuantization(Quantization.nf4().withBlockSize(32));
    try (CausalLanguageModel model = Transformers.load(Golden.base(base), nf4)) {
      CheckpointWriter.of(model).dtype(DType.F32).write(folder.resolve("numbers"));
    }

    Start quantized = start(Golden.base(base), nf4, kind);
    Start widened = start(folder.resolve("numbers"), TransformerOptions.defaults(), kind);

    assertThat(quantized.tensors().keySet()).isEqualTo(widened.tensors().keySet());
    quantized
        .tensors()
        .forEach(
            (key, tensor) ->
                assertThat(relative(tensor, Objects.requireNonNull(widened.tensors().get(key))))
                    .as(key)
                    .isLessThan(1e-5));
    assertThat(relative(quantized.adapted(), quantized.base())).isLessThan(1e-5);
    assertThat(relative(widened.base(), quantized.base())).isLessThan(1e-5);
    Start original = start(Golden.base(base), TransformerOptions.defaults(), kind);
    assertThat(relative(original.base(), quantized.base())).isGreaterThan(1e-3);
  }

  private static double relative(INDArray one, INDArray other) {
    double most = other.amaxNumber().doubleValue();
    return one.sub(other).amaxNumber().doubleValue() / (most == 0 ? 1 : most);
  }
}
