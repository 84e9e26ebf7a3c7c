package org.peft4j.norm;

import java.util.stream.Stream;
import org.peft4j.testing.GraphPromiseCase;
import org.peft4j.testing.GraphPromises;

/** What users may rely on in graphs of SameDiff, for the training of normalisations. */
class NormTuningGraphPromisesTest extends GraphPromises {
  static Stream<GraphPromiseCase> cases() {
    return GraphPromiseCase.of(NormTuningPromisesTest.METHOD);
  }
}
