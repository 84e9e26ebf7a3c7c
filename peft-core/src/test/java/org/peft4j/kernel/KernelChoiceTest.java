package org.peft4j.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.peft4j.error.PeftException;

/** Here no module brings kernels. */
class KernelChoiceTest {
  @Test
  void thePortableKernelsComputeWhereThereAreNoOthers() {
    assertThat(KernelChoice.choose(null)).isInstanceOf(Nd4jKernels.class);
    assertThat(KernelChoice.choose("nd4j")).isInstanceOf(Nd4jKernels.class);
  }

  @Test
  void aForcedChoiceThatIsNotThereIsAnErrorThatListsWhatIs() {
    assertThatThrownBy(() -> KernelChoice.choose("onednn"))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("org.peft4j.kernels is \"onednn\"")
        .hasMessageContaining("[nd4j]");
  }

  @Test
  void theChoiceIsMadeOnce() {
    assertThat(KernelChoice.kernels()).isSameAs(KernelChoice.kernels());
  }
}
