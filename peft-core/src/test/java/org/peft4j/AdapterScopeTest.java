package org.peft4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A state that ends once. */
class AdapterScopeTest {
  @Test
  void closingTwiceEndsOnce() {
    AtomicInteger ended = new AtomicInteger();
    AdapterScope scope = new AdapterScope(ended::incrementAndGet);

    assertThat(ended).hasValue(0);
    scope.close();
    scope.close();

    assertThat(ended).hasValue(1);
  }
}
