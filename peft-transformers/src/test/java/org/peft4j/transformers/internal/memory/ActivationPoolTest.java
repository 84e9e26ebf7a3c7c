package org.peft4j.transformers.internal.memory;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

class ActivationPoolTest {
  private final ActivationPool pool = new ActivationPool(DataType.FLOAT);

  @Test
  void memoryGivenBackIsHandedOutAgain() {
    ActivationPool.Buffer first = pool.take(3, 4);
    first.array().assign(1);
    pool.giveBack(first);

    ActivationPool.Buffer second = pool.take(2, 5);

    assertThat(second.memory()).isSameAs(first.memory());
    assertThat(second.array().shape()).containsExactly(2, 5);
    assertThat(second.array().sumNumber().doubleValue()).isEqualTo(10);
  }

  @Test
  void arraysInUseDoNotShareMemory() {
    INDArray first = pool.take(3).array();
    INDArray second = pool.take(3).array();
    first.assign(1);
    second.assign(2);
    assertThat(first.sumNumber().doubleValue()).isEqualTo(3);
  }

  @Test
  void aLongerBatchReplacesAShorterBufferInsteadOfAddingOne() {
    ActivationPool.Buffer small = pool.take(30);
    pool.giveBack(small);

    ActivationPool.Buffer large = pool.take(100);

    assertThat(small.memory().wasClosed()).isTrue();
    assertThat(large.array().length()).isEqualTo(100);
  }

  @Test
  void theSmallestBufferThatFitsIsTaken() {
    ActivationPool.Buffer large = pool.take(100);
    ActivationPool.Buffer small = pool.take(10);
    pool.giveBack(large);
    pool.giveBack(small);
    assertThat(pool.take(9).memory()).isSameAs(small.memory());
  }

  /** Otherwise the large array, asked for next, would have no buffer, and each pass add one. */
  @Test
  void aSmallArrayLeavesALargeBufferToALargeArray() {
    ActivationPool.Buffer large = pool.take(100);
    ActivationPool.Buffer small = pool.take(10);
    pool.giveBack(large);
    pool.giveBack(small);

    pool.take(11);

    assertThat(small.memory().wasClosed()).isTrue();
    assertThat(pool.take(99).memory()).isSameAs(large.memory());
    assertThat(pool.bytes()).isEqualTo(111 * Float.BYTES);
  }

  @Test
  void closingFreesEverything() {
    ActivationPool.Buffer free = pool.take(3);
    ActivationPool.Buffer used = pool.take(3);
    pool.giveBack(free);
    pool.close();
    assertThat(free.memory().wasClosed()).isTrue();
    pool.giveBack(used);
    assertThat(used.memory().wasClosed()).isTrue();
  }
}
