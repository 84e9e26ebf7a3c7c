package org.peft4j.ia3;

import java.util.stream.Stream;
import org.peft4j.testing.LayerPromises;
import org.peft4j.testing.MethodRow;
import org.peft4j.testing.PromiseCase;

/** What users may rely on, for (IA)³ on the outputs and on the inputs of modules. */
class Ia3PromisesTest extends LayerPromises {
  static final MethodRow[] METHODS = {
    MethodRow.of("(IA)³", (target, dropout) -> Ia3Config.builder().targetModules(target).build()),
    MethodRow.of(
        "(IA)³ of inputs",
        (target, dropout) ->
            Ia3Config.builder().targetModules(target).feedforwardModules(target).build())
  };

  static Stream<PromiseCase> cases() {
    return PromiseCase.of(METHODS);
  }

  static Stream<PromiseCase> others() {
    return PromiseCase.without(METHODS);
  }
}
