package org.peft4j.onednn.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CrewTest {
  private static final int ROWS = 1000;

  private final ExecutorService pool = Executors.newCachedThreadPool();
  private final Crew crew = new Crew(pool, 1);

  @AfterEach
  void end() {
    pool.shutdownNow();
  }

  @ParameterizedTest
  @CsvSource({"1000, 8", "7, 7", "9, 8", "1, 1", "0, 0"})
  void takesEachRowOnceInEveryWork(int rows, int parts) {
    for (int work = 0; work < 200; work++) {
      AtomicIntegerArray times = new AtomicIntegerArray(rows);

      assertThat(crew.split(rows, parts, (from, to) -> count(times, from, to))).isTrue();

      assertOnce(times);
    }
  }

  @Test
  void callersAtTheSameTimeTakeEachOfTheirRowsOnce() {
    IntStream.range(0, 64)
        .parallel()
        .forEach(
            caller -> {
              AtomicIntegerArray times = new AtomicIntegerArray(ROWS);
              Crew.run(ROWS, 1 << 10, (from, to) -> count(times, from, to));
              assertOnce(times);
            });
  }

  @Test
  void aWorkInsideOfAWorkIsRefused() {
    AtomicBoolean inner = new AtomicBoolean(true);

    crew.split(1, 1, (from, to) -> inner.set(crew.split(1, 1, (a, b) -> {})));

    assertThat(inner).isFalse();
  }

  @Test
  void theHelperTakesPart() {
    List<Thread> threads = new CopyOnWriteArrayList<>();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (threads.stream().distinct().count() < 2 && System.nanoTime() < end) {
      crew.split(
          2,
          2,
          (from, to) -> {
            threads.add(Thread.currentThread());
            LockSupport.parkNanos(1_000_000);
          });
    }
    assertThat(threads.stream().distinct()).hasSize(2);
  }

  @Test
  void aFailureIsThrownAndTheNextWorkRuns() {
    assertThatThrownBy(
            () ->
                crew.split(
                    ROWS,
                    8,
                    (from, to) -> {
                      throw new IllegalStateException("part " + from);
                    }))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("part ");

    takesEachRowOnceInEveryWork(ROWS, 8);
  }

  @Test
  void helpersEndWhenNoWorkComes() throws InterruptedException {
    crew.split(ROWS, 8, (from, to) -> {});

    pool.shutdown();

    assertThat(pool.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void computesWithoutHelpWhereThePoolRefuses() {
    Crew refused =
        new Crew(
            task -> {
              throw new RejectedExecutionException();
            },
            1);
    AtomicInteger rows = new AtomicInteger();

    refused.split(ROWS, 8, (from, to) -> rows.addAndGet(to - from));

    assertThat(rows).hasValue(ROWS);
  }

  private static void count(AtomicIntegerArray times, int from, int to) {
    for (int row = from; row < to; row++) {
      times.incrementAndGet(row);
    }
  }

  private static void assertOnce(AtomicIntegerArray times) {
    for (int row = 0; row < times.length(); row++) {
      assertThat(times.get(row)).as("row %d", row).isEqualTo(1);
    }
  }
}
