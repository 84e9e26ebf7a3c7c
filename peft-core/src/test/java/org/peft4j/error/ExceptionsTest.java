package org.peft4j.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.peft4j.safetensors.SafetensorsException;

/** One family of unchecked exceptions, whose messages say how to go on. */
class ExceptionsTest {
  @Test
  void aStepThatIsNotFiniteIsToldWithItsNumberTheTensorAndWhatToDo() {
    assertThat(new NonFiniteException(12, "layer.lora_A.weight"))
        .hasMessage(
            "Step 12: layer.lora_A.weight is not finite. The adapter keeps its last finite values."
                + " Lower the learning rate, clip the gradient norm, or look for bad values in this"
                + " batch.");
  }

  @Test
  void aCauseIsKept() {
    IOException cause = new IOException("disk");

    assertThat(new PeftException("Cannot write.", cause))
        .hasMessage("Cannot write.")
        .hasCause(cause);
    assertThat(new PeftException("Cannot write.")).hasNoCause();
  }

  @Test
  void oneCatchIsEnoughForAll() {
    assertThat(new NonFiniteException(1, "loss")).isInstanceOf(PeftException.class);
    assertThat(PeftException.class).isAssignableFrom(SafetensorsException.class);
    assertThat(RuntimeException.class).isAssignableFrom(PeftException.class);
  }
}
