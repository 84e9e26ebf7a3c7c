package org.peft4j.examples.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.Peft;
import org.peft4j.bottleneck.BottleneckConfig;
import org.peft4j.config.PeftConfig;
import org.peft4j.examples.quickstart.TinyLlama;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.LoraInit;
import org.peft4j.transformers.Transformers;

/** How far wrapping moves outputs, at the most, where a method does not start at the base model. */
class StartsTest {
  static Stream<Arguments> starts() {
    return Stream.of(
        Arguments.of("lora", lora(LoraInit.STANDARD), 0),
        Arguments.of("pissa", lora(LoraInit.PISSA), 1e-6),
        Arguments.of("olora", lora(LoraInit.OLORA), 1e-6),
        Arguments.of("orthogonal", lora(LoraInit.ORTHOGONAL), 1e-6),
        Arguments.of("random", lora(LoraInit.RANDOM), 1),
        Arguments.of("parallel", BottleneckConfig.parallel().build(), 0),
        Arguments.of("houlsby", BottleneckConfig.houlsby().build(), 0.008),
        Arguments.of("pfeiffer", BottleneckConfig.pfeiffer().build(), 0.014),
        Arguments.of("compacter", BottleneckConfig.compacter().reductionFactor(8).build(), 0.0012),
        Arguments.of(
            "compacter++",
            BottleneckConfig.compacterPlusPlus().reductionFactor(8).build(),
            0.0012));
  }

  private static PeftConfig lora(LoraInit start) {
    return LoraConfig.builder().rank(8).alpha(16).targetAllLinear().init(start).build();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("starts")
  void outputsMoveByNoMoreThanTheReadmeSays(
      String name, PeftConfig config, double most, @TempDir Path folder) throws IOException {
    TinyLlama.unpack(folder);
    INDArray ids = Nd4j.createFromArray(new int[][] {{1, 5, 6, 9, 4}, {1, 7, 8, 2, 3}});
    try (var base = Transformers.load(folder)) {
      INDArray before = base.graph().outputSingle(ids).dup();
      try (var model = Peft.wrap(base.graph(), config)) {
        INDArray after = model.network().outputSingle(ids);
        double moved =
            after.sub(before).amaxNumber().doubleValue() / before.amaxNumber().doubleValue();
        assertThat(moved).isLessThanOrEqualTo(most);
      }
    }
  }
}
