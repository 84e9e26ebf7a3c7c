package org.peft4j.ia3;

import java.util.stream.Stream;
import org.peft4j.testing.GraphPromiseCase;
import org.peft4j.testing.GraphPromises;

/**
 * What users may rely on in graphs of SameDiff, for (IA)³ on the outputs and on the inputs of
 * modules.
 */
class Ia3GraphPromisesTest extends GraphPromises {
  static Stream<GraphPromiseCase> cases() {
    return GraphPromiseCase.of(Ia3PromisesTest.METHODS);
  }
}
