package org.peft4j.transformers.internal.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;
import org.peft4j.safetensors.BFloat16;
import org.peft4j.testing.Values;

/** Keys and values of earlier steps come first; slots beyond them are zero. */
class KeyValueCacheTest {
  private static final INDArray PROMPT = Values.random(1, 2, 3, 1, 4);
  private static final INDArray NEXT = Values.random(2, 2, 1, 1, 4);

  @Test
  void aPromptFillsItsSlotsAndLaterTokensDoubleThem() {
    try (KeyValueCache cache = new KeyValueCache(null, DataType.DOUBLE)) {
      assertThat(cache.slotsAfter(3)).isEqualTo(3);
      cache.append(PROMPT, PROMPT.neg());
      assertThat(cache.slotsAfter(1)).isEqualTo(6);

      cache.append(NEXT, NEXT.neg());

      assertThat(cache.length()).isEqualTo(4);
      assertThat(cache.slotsAfter(2)).isEqualTo(6);
      assertThat(slots(cache.keys(), 0, 3)).isEqualTo(PROMPT);
      assertThat(slots(cache.keys(), 3, 4)).isEqualTo(NEXT);
      assertThat(slots(cache.values(), 3, 4)).isEqualTo(NEXT.neg());
      assertThat(slots(cache.keys(), 4, 6).amaxNumber().doubleValue()).isZero();
    }
  }

  @Test
  void aCacheMadeFromAStateGoesOnWithoutTheFirst() {
    int[] padding = {0, 2};
    KeyValueCache first = new KeyValueCache(padding, DataType.DOUBLE);
    first.append(PROMPT, PROMPT.neg());
    first.appendEncoder(NEXT, NEXT.neg(), Nd4j.ones(2, 3));
    try (KeyValueCache second = KeyValueCache.of(first.state(), DataType.DOUBLE)) {
      first.close();
      second.append(NEXT, NEXT.neg());

      assertThat(second.padding()).isEqualTo(padding);
      assertThat(second.length()).isEqualTo(4);
      assertThat(slots(second.keys(), 0, 3)).isEqualTo(PROMPT);
      assertThat(second.encoderKeys()).isEqualTo(NEXT);
      assertThat(second.encoderValues()).isEqualTo(NEXT.neg());
      assertThat(second.encoder().mask()).isEqualTo(Nd4j.ones(2, 3));
    }
  }

  @Test
  void theEncodersKeysAreNoStepsOfTheDecoder() {
    try (KeyValueCache cache = new KeyValueCache(null, DataType.DOUBLE)) {
      assertThat(cache.hasEncoder()).isFalse();
      cache.appendEncoder(PROMPT, PROMPT, null);

      assertThat(cache.hasEncoder()).isTrue();
      assertThat(cache.length()).isZero();
      assertThatThrownBy(cache::keys)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("The cache is empty.");
    }
  }

  @Test
  void halfOfTheMemoryHoldsTheNearestNumbers() {
    INDArray given = Nd4j.createFromArray(0x1.01p0f, 0x1.03p0f, -1.0040f, 3e-30f);
    INDArray keys = given.reshape(1, 1, 1, 4);
    try (KeyValueCache cache = new KeyValueCache(null, DataType.BFLOAT16)) {
      cache.append(keys, keys.neg());
      cache.append(keys, keys.neg());

      assertThat(cache.keys().dataType()).isEqualTo(DataType.BFLOAT16);
      for (int i = 0; i < 8; i++) {
        float expected = BFloat16.toFloat(BFloat16.fromFloat(given.getFloat(i % 4)));
        assertThat(cache.keys().getFloat(0, i / 4, 0, i % 4)).isEqualTo(expected);
        assertThat(cache.values().getFloat(0, i / 4, 0, i % 4)).isEqualTo(-expected);
      }
      try (KeyValueCache second = KeyValueCache.of(cache.state(), DataType.BFLOAT16)) {
        assertThat(second.keys()).isEqualTo(cache.keys());
        assertThat(second.keys().dataType()).isEqualTo(DataType.BFLOAT16);
      }
    }
  }

  @Test
  void anotherBatchIsRefused() {
    try (KeyValueCache cache = new KeyValueCache(null, DataType.DOUBLE)) {
      cache.append(PROMPT, PROMPT);
      INDArray three = Values.random(3, 3, 1, 1, 4);

      assertThatThrownBy(() -> cache.append(three, three))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("The cache holds 2 sequences, but 3 came");
    }
  }

  private static INDArray slots(INDArray array, int from, int to) {
    return array.get(all(), interval(from, to), all(), all()).dup('c');
  }
}
