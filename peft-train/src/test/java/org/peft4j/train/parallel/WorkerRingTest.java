package org.peft4j.train.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;

class WorkerRingTest {
  private static double[] numbers(int rank, int count) {
    return new Random(rank * 31L + 7).doubles(count, -2, 3).toArray();
  }

  @ParameterizedTest
  @CsvSource({"2, 1", "2, 5", "3, 2", "3, 100003", "5, 7", "2, 300000"})
  void theSumIsThatOfAllArraysAndTheSameForAll(int size, int count) {
    List<double[]> sums =
        Ring.of(
            size,
            workers -> {
              INDArray array = Nd4j.createFromArray(numbers(workers.rank(), count));
              workers.sum(array);
              return array.toDoubleVector();
            });

    double[] expected = new double[count];
    for (int rank = 0; rank < size; rank++) {
      double[] own = numbers(rank, count);
      Arrays.setAll(expected, i -> expected[i] + own[i]);
    }
    double most = 0;
    for (int i = 0; i < count; i++) {
      most = Math.max(most, Math.abs(sums.get(0)[i] - expected[i]));
    }
    assertThat(most).isLessThan(1e-12);
    assertThat(sums).allSatisfy(sum -> assertThat(sum).isEqualTo(sums.get(0)));
  }

  @Test
  void singlePrecisionAndTheArraysShapeStay() {
    List<INDArray> sums =
        Ring.of(
            3,
            workers -> {
              INDArray array =
                  Nd4j.createFromArray(numbers(workers.rank(), 12))
                      .castTo(DataType.FLOAT)
                      .reshape(3, 4);
              workers.sum(array);
              return array;
            });

    double[] expected = new double[12];
    for (int rank = 0; rank < 3; rank++) {
      double[] own = numbers(rank, 12);
      Arrays.setAll(expected, i -> expected[i] + own[i]);
    }
    assertThat(sums.get(1).shape()).containsExactly(3, 4);
    assertThat(sums.get(1).dataType()).isEqualTo(DataType.FLOAT);
    assertThat(sums.get(1).ravel().toDoubleVector()).containsExactly(expected, within(1e-5));
    assertThat(sums.get(2)).isEqualTo(sums.get(0));
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 6})
  void gatherGivesEverybodysWordsByRank(int size) {
    List<List<String>> all =
        Ring.of(
            size,
            workers ->
                workers.gather(word(workers.rank()).getBytes(StandardCharsets.UTF_8)).stream()
                    .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
                    .toList());

    for (List<String> words : all) {
      assertThat(words).hasSize(size);
      for (int rank = 0; rank < size; rank++) {
        assertThat(words.get(rank)).isEqualTo(word(rank));
      }
    }
  }

  private static String word(int rank) {
    return "w" + "x".repeat(rank * 20_000) + rank;
  }

  @Test
  void whoDoesNotKnowTheSecretIsNotLetIn() {
    byte[] other = "another secret of 16".getBytes(StandardCharsets.UTF_8);

    assertThatThrownBy(
            () -> Ring.of(2, Ring.PATIENCE, rank -> rank == 0 ? Ring.SECRET : other, Workers::rank))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("has not reached its neighbours");
  }

  @Test
  void aStrangerAtTheDoorIsSentAway() throws Exception {
    InetAddress here = InetAddress.getLoopbackAddress();
    try (WorkerDoor door = WorkerDoor.open(here);
        WorkerDoor second = WorkerDoor.open(here);
        Socket stranger = new Socket(here, door.port())) {
      stranger.getOutputStream().write(new byte[64]);
      List<InetSocketAddress> addresses =
          List.of(
              new InetSocketAddress(here, door.port()), new InetSocketAddress(here, second.port()));
      Duration patience = Duration.ofSeconds(30);
      Thread other =
          new Thread(
              () -> {
                try (Workers one = WorkerRing.join(second, 1, addresses, Ring.SECRET, patience)) {
                  one.gather(new byte[] {2});
                }
              });
      other.start();
      try (Workers first = WorkerRing.join(door, 0, addresses, Ring.SECRET, patience)) {
        assertThat(first.gather(new byte[] {1})).containsExactly(new byte[] {1}, new byte[] {2});
      }
      other.join();
    }
  }

  @Test
  void aWorkerThatLeavesIsNamed() {
    assertThatThrownBy(
            () ->
                Ring.of(
                    3,
                    workers -> {
                      if (workers.rank() == 1) {
                        return 0;
                      }
                      workers.sum(Nd4j.ones(DataType.FLOAT, 200_000));
                      return 1;
                    }))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("left the training");
  }

  @Test
  void aWorkerThatHangsIsWaitedForNoLongerThanIsAllowed() {
    long begin = System.nanoTime();

    assertThatThrownBy(
            () ->
                Ring.of(
                    2,
                    Duration.ofSeconds(3),
                    rank -> Ring.SECRET,
                    workers -> {
                      if (workers.rank() == 1) {
                        hang();
                      }
                      workers.sum(Nd4j.ones(DataType.FLOAT, 200_000));
                      return 1;
                    }))
        .isInstanceOf(WorkerLostException.class)
        .hasMessageContaining("Worker 1 of 2 did not answer in time, as worker 0 sees it");
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(20));
  }

  private static void hang() {
    try {
      Thread.sleep(30_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void anotherNumberOfParametersIsToldBeforeAnythingIsAdded() {
    assertThatThrownBy(
            () ->
                Ring.of(
                    2,
                    workers -> {
                      workers.sum(Nd4j.ones(DataType.FLOAT, 3 + workers.rank()));
                      return 0;
                    }))
        .hasMessageContaining("trained parameters, and another");
  }

  @Test
  void workersWithAnotherTrainingAreRefused() {
    assertThatThrownBy(
            () ->
                Ring.of(
                    3,
                    workers -> {
                      SameTraining.require(
                          workers,
                          Map.of("the rate", workers.rank() == 2 ? "0.2" : "0.1", "same", "x"));
                      return 0;
                    }))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("the rate is 0.1 on worker 0 and 0.2 on worker 2")
        .hasMessageNotContaining("same is");
  }
}
