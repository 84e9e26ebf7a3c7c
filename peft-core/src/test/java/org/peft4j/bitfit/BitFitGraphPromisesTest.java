package org.peft4j.bitfit;

import java.util.stream.Stream;
import org.peft4j.testing.GraphPromiseCase;
import org.peft4j.testing.GraphPromises;

/** What users may rely on in graphs of SameDiff, for the training of biases. */
class BitFitGraphPromisesTest extends GraphPromises {
  static Stream<GraphPromiseCase> cases() {
    return GraphPromiseCase.of(BitFitPromisesTest.METHOD);
  }
}
