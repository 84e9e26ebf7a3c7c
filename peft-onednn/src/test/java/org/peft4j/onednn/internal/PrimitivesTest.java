package org.peft4j.onednn.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.dnnl.eltwise_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Compiled operations: kept by key, one set for each thread, the longest unused ones freed. */
class PrimitivesTest {
  /** {@code y = factor·x} over {@code count} elements; the number tells keys apart. */
  private record Times(float factor, long count, int number) {
    Primitive compile() {
      try (memory.desc layout = Native.dense(count);
          eltwise_forward.primitive_desc description =
              new eltwise_forward.primitive_desc(
                  Native.ENGINE,
                  dnnl.prop_kind.forward_training,
                  dnnl.algorithm.eltwise_linear,
                  layout,
                  layout,
                  factor,
                  0)) {
        return new Primitive(new eltwise_forward(description))
            .argument(DNNL_ARG_SRC, layout)
            .argument(DNNL_ARG_DST, layout);
      }
    }
  }

  private static INDArray floats(float... values) {
    return Nd4j.createFromArray(values);
  }

  @Test
  void anOperationRunsOnTheAddressesOfEachCall() {
    Primitive doubling = Primitives.of(new Times(2, 3, 0), Times::compile);
    for (float first : new float[] {1, 5}) {
      INDArray x = floats(first, 2, -3);
      INDArray y = floats(0, 0, 0);
      doubling.run(Address.of(x), Address.of(y));
      assertThat(y).isEqualTo(floats(2 * first, 4, -6));
      assertThat(x).isEqualTo(floats(first, 2, -3));
    }
  }

  @Test
  void theSameKeyIsCompiledOnce() {
    AtomicInteger compiled = new AtomicInteger();
    List<Primitive> found = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      found.add(
          Primitives.of(
              new Times(3, 4, 1),
              key -> {
                compiled.incrementAndGet();
                return key.compile();
              }));
    }
    assertThat(compiled).hasValue(1);
    assertThat(found).allMatch(primitive -> primitive == found.get(0));
    assertThat(Primitives.of(new Times(3, 5, 1), Times::compile)).isNotSameAs(found.get(0));
  }

  @Test
  void eachThreadHasItsOwn() {
    Times key = new Times(4, 4, 2);
    Primitive mine = Primitives.of(key, Times::compile);
    CompletableFuture<Primitive> other = new CompletableFuture<>();
    Thread thread = new Thread(() -> other.complete(Primitives.of(key, Times::compile)));
    thread.start();
    assertThat(other.join()).isNotSameAs(mine);
  }

  /** A batch of another length each time must not fill the memory. */
  @Test
  void theLongestUnusedIsFreedAndCompiledAnew() {
    Times used = new Times(1, 1, -1);
    Times unused = new Times(1, 1, -2);
    Primitive kept = Primitives.of(used, Times::compile);
    Primitive freed = Primitives.of(unused, Times::compile);
    for (int number = 0; number < 2100; number++) {
      Primitives.of(new Times(1, 1, number), Times::compile);
      assertThat(Primitives.of(used, Times::compile)).isSameAs(kept);
    }
    assertThat(Primitives.of(unused, Times::compile)).isNotSameAs(freed);
    long before = Pointer.totalCount();
    for (int number = 5000; number < 5500; number++) {
      Primitives.of(new Times(1, 1, number), Times::compile);
    }
    assertThat(Pointer.totalCount() - before).isLessThan(100);
  }

  @Test
  void anAddressIsThatOfTheFirstElementOfAView() {
    INDArray matrix = Nd4j.createFromArray(new float[][] {{1, 2, 3}, {4, 5, 6}});
    INDArray view = matrix.get(NDArrayIndex.all(), NDArrayIndex.interval(1, 3));
    assertThat(Address.of(view) - Address.of(matrix)).isEqualTo(Float.BYTES);
    INDArray row = matrix.getRow(1).castTo(DataType.FLOAT);
    FloatBuffer buffer = Address.floats(row, 3);
    assertThat(List.of(buffer.get(0), buffer.get(1), buffer.get(2))).containsExactly(4f, 5f, 6f);
    buffer.put(1, 50);
    assertThat(matrix.getFloat(1, 1)).isEqualTo(50);
  }

  @Test
  void bytesBeginBehindTheOffset() {
    INDArray x = floats(1, 2, 3);
    assertThat(Address.bytes(x, 2L * Float.BYTES, Float.BYTES).getFloat()).isEqualTo(3);
    INDArray half = floats(1, -2).castTo(DataType.BFLOAT16);
    assertThat(Address.bytes(half, Short.BYTES, Short.BYTES).getShort()).isEqualTo((short) 0xC000);
  }
}
