package org.peft4j.cli.train;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.plus.LoraPlus;
import org.peft4j.method.TrainingOption;

class MethodOptionsTest {
  @Test
  void twoOptionsThatSetLearningRatesAreRefusedByName() {
    Map<TrainingOption, Double> given = new LinkedHashMap<>();
    given.put(LoraPlus.OPTION, 16.0);
    given.put(new TrainingOption("own-ratio", "", (value, decay) -> LoraPlus.ratio(value)), 2.0);

    assertThatThrownBy(() -> new MethodOptions(given).groups(LoraConfig.builder().build(), 0))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "--lora-plus-ratio and --own-ratio both set the learning rates of the tensors; give"
                + " one of them.");
  }
}
