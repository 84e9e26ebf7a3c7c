package org.peft4j.onednn.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.nativeblas.NativeOps;
import org.nd4j.nativeblas.NativeOpsHolder;
import org.peft4j.onednn.Floats;
import org.peft4j.onednn.internal.operation.BatchProduct;
import org.peft4j.onednn.internal.operation.BatchProduct.After;
import org.peft4j.onednn.internal.operation.BatchProduct.Axis;
import org.peft4j.onednn.internal.operation.BatchProduct.Heads;

/** Computations side by side, each on one thread of OpenMP. */
class LanesTest {
  /** Unlike the number of a lane, and of processors of most machines. */
  private static final int THREADS = 3;

  private static final NativeOps OPEN_MP = openMp();

  private int before;

  private static NativeOps openMp() {
    Nd4j.create(1).close(); // ND4J chooses its backend first.
    return NativeOpsHolder.getInstance().getDeviceNativeOps();
  }

  @BeforeEach
  void setThreads() {
    before = OPEN_MP.ompGetMaxThreads();
    OPEN_MP.setOmpNumThreads(THREADS);
  }

  @AfterEach
  void restoreThreads() {
    OPEN_MP.setOmpNumThreads(before);
  }

  /** What a task sees. */
  private record Seen(boolean inside, int threads, int most, Thread thread) {
    static Seen here() {
      return new Seen(
          Lanes.inside(), OPEN_MP.ompGetMaxThreads(), Lanes.most(), Thread.currentThread());
    }
  }

  @Test
  void eachTaskRunsOnceInALaneWithOneThread() {
    Queue<Integer> ran = new ConcurrentLinkedQueue<>();
    Queue<Seen> seen = new ConcurrentLinkedQueue<>();
    Lanes.run(
        IntStream.range(0, 40)
            .<Runnable>mapToObj(
                task ->
                    () -> {
                      ran.add(task);
                      seen.add(Seen.here());
                    })
            .toList());
    assertThat(ran).containsExactlyInAnyOrderElementsOf(IntStream.range(0, 40).boxed().toList());
    assertThat(seen)
        .hasSize(40)
        .allSatisfy(
            task -> {
              assertThat(task.inside()).isTrue();
              assertThat(task.threads()).isEqualTo(1);
              assertThat(task.most()).isEqualTo(1);
            });
    assertOutside();
  }

  private static void assertOutside() {
    assertThat(Lanes.inside()).isFalse();
    assertThat(OPEN_MP.ompGetMaxThreads()).isEqualTo(THREADS);
    assertThat(Lanes.most())
        .isEqualTo(Math.min(THREADS, Runtime.getRuntime().availableProcessors()));
  }

  @Test
  void aSingleTaskHasAllThreads() {
    Queue<Seen> seen = new ConcurrentLinkedQueue<>();
    Lanes.run(List.of(() -> seen.add(Seen.here())));
    assertThat(seen).hasSize(1);
    assertThat(seen.element().inside()).isFalse();
    assertThat(seen.element().threads()).isEqualTo(THREADS);
    assertThat(seen.element().thread()).isEqualTo(Thread.currentThread());
  }

  /** This thread runs some of the tasks, others the rest; each has its threads back afterwards. */
  @Test
  void threadsAreRestoredAfterAnException() {
    Runnable failing =
        () -> {
          throw new IllegalStateException("a task fails");
        };
    Map<Thread, Seen> earlier = everywhere();
    assertThatThrownBy(() -> Lanes.run(List.of(failing, failing, failing)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("a task fails");
    assertOutside();
    Map<Thread, Seen> later = everywhere();
    later.keySet().retainAll(earlier.keySet());
    assertThat(later).isNotEmpty();
    assertThat(earlier).containsAllEntriesOf(later);
    assertThat(later.values()).noneMatch(Seen::inside);
  }

  /** What the threads see that compute in parallel. */
  private static Map<Thread, Seen> everywhere() {
    Map<Thread, Seen> seen = new ConcurrentHashMap<>();
    IntStream.range(0, 40).parallel().forEach(i -> seen.put(Thread.currentThread(), Seen.here()));
    return seen;
  }

  /** A common thread of the JVM forgets what is local to it after each of its tasks. */
  @Test
  void lanesKeepWhatTheyCompiled() throws InterruptedException {
    AtomicInteger compiled = new AtomicInteger();
    CyclicBarrier both = new CyclicBarrier(2);
    Runnable task =
        () -> {
          Primitives.of(
              new Key(LanesTest.class),
              key -> {
                compiled.incrementAndGet();
                return new Primitive(new org.bytedeco.dnnl.primitive());
              });
          try {
            both.await(1, TimeUnit.SECONDS);
          } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
            both.reset(); // One thread runs both tasks.
          }
        };
    for (int run = 0; run < 5; run++) {
      Lanes.run(List.of(task, task));
      Thread.sleep(20); // A common thread ends its task.
    }
    assertThat(compiled.get()).isBetween(1, 2);
  }

  private record Key(Class<?> of) {}

  @Test
  void repeatedRunsGiveTheSameBits() {
    int size = 70;
    INDArray a = Floats.random(1, 4, size, size);
    INDArray b = Floats.random(2, 4, size, size);
    INDArray first = products(a, b);
    for (int repetition = 0; repetition < 5; repetition++) {
      assertThat(products(a, b).data().asFloat()).containsExactly(first.data().asFloat());
    }
    INDArray expected = Nd4j.matmul(a.castTo(DataType.DOUBLE), b.castTo(DataType.DOUBLE));
    Floats.assertElements(first, expected.dup('c').data().asDouble(), 1e-4);
  }

  /** The product of each of four matrices, in a lane of its own. */
  private static INDArray products(INDArray a, INDArray b) {
    long size = a.size(1);
    INDArray out = Floats.random(3, a.shape());
    Heads matrix = new Heads(new Axis(1, 1), new Axis(size, size), new Axis(size, 1));
    BatchProduct product = new BatchProduct(matrix, matrix, matrix, 1, After.NOTHING);
    Lanes.run(
        IntStream.range(0, 4)
            .<Runnable>mapToObj(
                i ->
                    () -> {
                      long skipped = i * size * size * Float.BYTES;
                      BatchProduct.run(
                          product,
                          Address.of(a) + skipped,
                          Address.of(b) + skipped,
                          Address.of(out) + skipped);
                    })
            .toList());
    return out;
  }
}
