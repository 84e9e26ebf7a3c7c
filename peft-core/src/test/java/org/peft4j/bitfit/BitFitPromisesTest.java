package org.peft4j.bitfit;

import java.util.stream.Stream;
import org.peft4j.testing.LayerPromises;
import org.peft4j.testing.MethodRow;
import org.peft4j.testing.MethodRow.Trait;
import org.peft4j.testing.PromiseCase;

/** What users may rely on, for the training of biases. */
class BitFitPromisesTest extends LayerPromises {
  static final MethodRow METHOD =
      MethodRow.of(
          "bitfit",
          (target, dropout) -> BitFitConfig.builder().targetModules(target).build(),
          Trait.BIASES,
          Trait.REPLACES);

  static Stream<PromiseCase> cases() {
    return PromiseCase.of(METHOD);
  }

  static Stream<PromiseCase> others() {
    return PromiseCase.without(METHOD);
  }
}
