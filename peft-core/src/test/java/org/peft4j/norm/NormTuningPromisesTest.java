package org.peft4j.norm;

import java.util.stream.Stream;
import org.peft4j.testing.LayerPromises;
import org.peft4j.testing.MethodRow;
import org.peft4j.testing.MethodRow.Trait;
import org.peft4j.testing.PromiseCase;

/** What users may rely on, for the training of normalisations. */
class NormTuningPromisesTest extends LayerPromises {
  static final MethodRow METHOD =
      MethodRow.of(
          "layer-norm tuning",
          (target, dropout) -> NormTuningConfig.builder().targetModules(target).build(),
          Trait.REPLACES);

  static Stream<PromiseCase> cases() {
    return PromiseCase.of(METHOD);
  }

  static Stream<PromiseCase> others() {
    return PromiseCase.without(METHOD);
  }
}
