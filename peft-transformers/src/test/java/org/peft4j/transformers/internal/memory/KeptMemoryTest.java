package org.peft4j.transformers.internal.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Nd4jKernels;

class KeptMemoryTest {
  private static final Kernels KERNELS = new Nd4jKernels();

  private final KeptMemory memory = new KeptMemory(DataType.FLOAT, DataType.BFLOAT16);

  /** The array of a layer after its forward pass. */
  private static INDArray forward(KeptArrays arrays, double value, long... shape) {
    try (KeptArrays.Use use = arrays.use(KERNELS)) {
      return arrays.array(shape).assign(value);
    }
  }

  private static void assertBack(KeptArrays arrays, INDArray array, double value) {
    try (KeptArrays.Use use = arrays.use(KERNELS)) {
      assertThat(array.minNumber().doubleValue()).isEqualTo(value);
      assertThat(array.maxNumber().doubleValue()).isEqualTo(value);
    }
    arrays.close();
  }

  @Test
  void valuesComeBackRoundedAndExactOnesAsTheyAre() {
    KeptArrays arrays = memory.arraysOfBlock();
    INDArray rounded;
    INDArray exact;
    try (KeptArrays.Use use = arrays.use(KERNELS)) {
      rounded = arrays.array(2, 3).assign(1 + 0x1.8p-7);
      exact = arrays.exact(2).assign(1 + 0x1p-20);
    }
    try (KeptArrays.Use use = arrays.use(KERNELS)) {
      // Half way between two numbers: to the even one.
      assertThat(rounded.sumNumber().doubleValue()).isEqualTo(6 * (1 + 0x1p-6));
      assertThat(exact.getDouble(1)).isEqualTo(1 + 0x1p-20);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT", "DOUBLE"})
  void nothingIsRoundedWhereMatricesAreNot(DataType type) {
    try (KeptMemory plain = new KeptMemory(type, type)) {
      KeptArrays arrays = plain.arraysOfBlock();
      INDArray array = forward(arrays, 1 + 0x1p-20, 3);
      assertBack(arrays, array, 1 + 0x1p-20);
      assertThat(plain.bytes()).isEqualTo(3L * type.width());
    }
  }

  @Test
  void layersShareTheRoomAndKeepHalfOfEachNumber() {
    for (int step = 0; step < 3; step++) {
      KeptArrays first = memory.arraysOfBlock();
      KeptArrays second = memory.arraysOfBlock();
      INDArray ofFirst = forward(first, 1, 10, 10);
      INDArray ofSecond = forward(second, 2, 10, 10);
      assertBack(second, ofSecond, 2);
      assertBack(first, ofFirst, 1);
      assertThat(memory.bytes()).isEqualTo(100 * Float.BYTES + 2 * 100 * Short.BYTES);
    }
  }

  @Test
  void aLargerLayerLeavesASmallerOneItsArrays() {
    KeptArrays small = memory.arraysOfBlock();
    INDArray ofSmall = forward(small, 1, 5);
    KeptArrays large = memory.arraysOfBlock();
    INDArray ofLarge = forward(large, 2, 8);

    assertBack(large, ofLarge, 2);
    assertBack(small, ofSmall, 1);

    // The smaller buffer is freed with the last array in it.
    assertThat(memory.bytes()).isEqualTo(8 * Float.BYTES + (5 + 8) * Short.BYTES);
  }

  @Test
  void twoThreadsDoNotMeet() throws Exception {
    KeptArrays mine = memory.arraysOfBlock();
    INDArray ofMine;
    var other = Executors.newSingleThreadExecutor();
    try (KeptArrays.Use use = mine.use(KERNELS)) {
      ofMine = mine.array(4).assign(1);
      KeptArrays theirs = memory.arraysOfBlock();
      INDArray ofTheirs = other.submit(() -> forward(theirs, 2, 4)).get();
      other.submit(() -> assertBack(theirs, ofTheirs, 2)).get();
    } finally {
      other.shutdown();
    }
    assertBack(mine, ofMine, 1);
  }

  @Test
  void aPassThatFailsLeavesTheRoom() throws Exception {
    Kernels failing =
        (Kernels)
            Proxy.newProxyInstance(
                Kernels.class.getClassLoader(),
                new Class<?>[] {Kernels.class},
                (proxy, method, arguments) -> {
                  throw new IllegalStateException("no " + method.getName());
                });
    KeptArrays arrays = memory.arraysOfBlock();
    forward(arrays, 1, 4);
    assertThatThrownBy(() -> arrays.use(failing)).hasMessage("no copy");

    var other = Executors.newSingleThreadExecutor();
    try {
      KeptArrays theirs = memory.arraysOfBlock();
      other.submit(() -> forward(theirs, 2, 4)).get();
    } finally {
      other.shutdown();
    }
    // A room that was still taken would have made them a second one.
    assertThat(memory.bytes()).isEqualTo(4 * Float.BYTES + 2 * 4 * Short.BYTES);
  }

  @Test
  void closingFreesAllThatNobodyUses() {
    KeptArrays used = memory.arraysOfBlock();
    INDArray array = forward(used, 1, 6);
    memory.close();
    assertBack(used, array, 1);
    assertThat(memory.bytes()).isZero();
  }
}
