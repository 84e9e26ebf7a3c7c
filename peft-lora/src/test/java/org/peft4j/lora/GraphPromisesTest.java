package org.peft4j.lora;

import java.util.stream.Stream;
import org.peft4j.testing.GraphPromiseCase;
import org.peft4j.testing.GraphPromises;
import org.peft4j.testing.MethodRow;

/** What users may rely on in graphs of SameDiff, for every method of the LoRA family. */
class GraphPromisesTest extends GraphPromises {
  static Stream<GraphPromiseCase> cases() {
    MethodRow[] others = Stream.of(PromisesTest.METHODS).skip(1).toArray(MethodRow[]::new);
    return Stream.concat(
        GraphPromiseCase.of(PromisesTest.METHODS[0]), GraphPromiseCase.onSome(others));
  }
}
