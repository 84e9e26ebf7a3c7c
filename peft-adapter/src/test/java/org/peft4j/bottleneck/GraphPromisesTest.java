package org.peft4j.bottleneck;

import java.util.stream.Stream;
import org.peft4j.testing.GraphPromiseCase;
import org.peft4j.testing.GraphPromises;

/** What users may rely on in graphs of SameDiff, for bottleneck adapters after variables. */
class GraphPromisesTest extends GraphPromises {
  static Stream<GraphPromiseCase> cases() {
    return GraphPromiseCase.of(LayerPromisesTest.METHODS[0], LayerPromisesTest.METHODS[1]);
  }
}
