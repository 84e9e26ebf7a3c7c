package org.peft4j.transformers.internal.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.peft4j.transformers.internal.block.Parts.around;
import static org.peft4j.transformers.internal.block.Parts.attention;

import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.site.SiteKind;
import org.peft4j.transformers.architecture.BlockPart;

/** The gradients of blocks in every form, against central differences in double precision. */
class BlockGradientTest {
  @ParameterizedTest
  @EnumSource(Forms.class)
  void allGradientsAreSlopes(Forms form) {
    try (BlockCase block = form.on(site -> true)) {
      block.assertGradients();
    }
  }

  @ParameterizedTest
  @EnumSource(Forms.class)
  void theInputGradientOfABlockWithNothingOnItIsASlope(Forms form) {
    try (BlockCase block = form.on(site -> false)) {
      block.assertGradients();
    }
  }

  static Stream<Arguments> eachSite() {
    return Forms.all()
        .flatMap(form -> form.sites().stream().map(s -> Arguments.of(form, s.name())));
  }

  @ParameterizedTest
  @MethodSource("eachSite")
  void aSiteAloneGetsItsGradientWhereNobodyNeedsThatOfTheInput(Forms form, String site) {
    try (BlockCase block = form.on(s -> s.name().equals(site))) {
      block.backward(true, false, null);
      Map<String, INDArray> all = block.gradients();
      block.spoilGradients();

      assertThat(block.backward(false, false, null)).isEmpty();

      assertThat(block.gradients()).isEqualTo(all);
    }
  }

  @ParameterizedTest
  @EnumSource(Forms.class)
  void computingTheForwardPassOnceMoreChangesNoGradient(Forms form) {
    try (BlockCase block = form.on(site -> true)) {
      INDArray once = block.backward(true, false, null).orElseThrow();
      Map<String, INDArray> gradients = block.gradients();

      INDArray twice = block.backward(true, true, null).orElseThrow();

      assertThat(twice).isEqualTo(once);
      assertThat(block.gradients()).isEqualTo(gradients);
    }
  }

  @Test
  void laterBlocksAddToTheGradientOfTheFirstBlocksRelativePositions() {
    BlockPart first = around(attention(2, 2).relative(4, 6).part());
    BlockPart second = around("second.", attention(2, 2).relative(4, 6).part("second."));
    try (BlockCase blocks =
        new BlockCase(site -> site.kind() == SiteKind.EMBEDDING, first, second)) {
      blocks.assertGradients();
    }
  }
}
