package org.peft4j.lora;

import java.util.stream.Stream;
import org.peft4j.testing.GraphPromiseCase;
import org.peft4j.testing.GraphPromises;

/** What users may rely on in graphs of SameDiff, for every method of the LoRA family. */
class GraphPromisesTest extends GraphPromises {
  static Stream<GraphPromiseCase> cases() {
    return GraphPromiseCase.of(PromisesTest.inGraphs());
  }
}
