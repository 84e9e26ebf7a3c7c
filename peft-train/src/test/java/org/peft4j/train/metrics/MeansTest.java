package org.peft4j.train.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import java.util.Map;
import org.junit.jupiter.api.Test;

class MeansTest {
  @Test
  void batchesCountByTheirValues() {
    Means means = new Means();
    means.add(Map.of("reward", Mean.of(1, 2, 6), "kl", new Mean(0, 0)));
    means.add(Map.of("reward", Mean.of(11), "rejected", Mean.of(-4)));

    assertThat(means.values()).containsOnly(entry("reward", 5.0), entry("rejected", -4.0));
  }
}
