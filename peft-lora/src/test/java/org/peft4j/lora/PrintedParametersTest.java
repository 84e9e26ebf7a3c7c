package org.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.plan.TrainableParameters;

class PrintedParametersTest {
  @Test
  void theLineIsHuggingFacePefts() {
    assertThat(new TrainableParameters(294_912, 124_734_720))
        .hasToString("trainable params: 294,912 || all params: 124,734,720 || trainable%: 0.2364");
  }

  @Test
  void printingReturnsWhatItPrints() {
    PeftModel<?> model =
        Peft.wrap(SmallModel.graph(), LoraConfig.builder().rank(2).targetModules("dense1").build());
    PrintStream console = System.out;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try {
      TrainableParameters parameters = model.printTrainableParameters();
      assertThat(printed.toString(StandardCharsets.UTF_8))
          .isEqualToIgnoringNewLines(parameters + "\n");
      assertThat(parameters).isEqualTo(model.trainableParameters());
    } finally {
      System.setOut(console);
    }
  }
}
