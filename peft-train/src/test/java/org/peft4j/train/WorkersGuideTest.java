package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.peft4j.PeftModel;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.data.TrainingData;
import org.peft4j.train.parallel.LocalSteps;
import org.peft4j.train.parallel.Ring;
import org.peft4j.train.parallel.WorkerDoor;
import org.peft4j.train.parallel.WorkerRing;
import org.peft4j.train.parallel.WorkerRows;
import org.peft4j.train.parallel.Workers;

/** What the guide says. */
class WorkersGuideTest {
  private final InetSocketAddress[] doors = new InetSocketAddress[2];
  private final CyclicBarrier known = new CyclicBarrier(2);

  @Test
  void processesOfYourOwn() {
    List<float[]> adapters =
        Stream.of(0, 1)
            .map(rank -> CompletableFuture.supplyAsync(() -> train(rank)))
            .toList()
            .stream()
            .map(CompletableFuture::join)
            .toList();

    assertThat(adapters.get(1)).isEqualTo(adapters.get(0));
  }

  private float[] train(int rank) {
    try (TinyTraining tiny = new TinyTraining()) {
      PeftModel<ComputationGraph> model = tiny.model;
      TrainingData data = TinyTraining.data(4);
      InetAddress address = InetAddress.getLoopbackAddress();
      byte[] secret = Ring.SECRET;

      try (WorkerDoor door = WorkerDoor.open(address)) {
        // Tell the others this worker's address and door.port(), and learn theirs.
        doors[rank] = new InetSocketAddress(address, door.port());
        known.await();
        List<InetSocketAddress> addresses = List.of(doors);
        join(door, rank, addresses, secret, model, data);
      }
      return tiny.parameters();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static void join(
      WorkerDoor door,
      int rank,
      List<InetSocketAddress> addresses,
      byte[] secret,
      PeftModel<ComputationGraph> model,
      TrainingData data) {
    try (Workers workers = WorkerRing.join(door, rank, addresses, secret, Duration.ofMinutes(5))) {
      FineTuner.builder(model, data).workers(workers, WorkerRows.SHARED).build().run();
    }
  }

  @Test
  void meetingNowAndThen() {
    List<float[]> adapters =
        Ring.of(
            2,
            workers -> {
              try (TinyTraining tiny = new TinyTraining()) {
                PeftModel<ComputationGraph> model = tiny.model;
                FineTunerBuilder<TokenBatch> builder =
                    FineTuner.builder(model, TinyTraining.data(3, workers.rank()))
                        .settings(TinyTraining.settings().steps(50).batchSize(1).build());
                builder.hook(() -> new LocalSteps(workers, model.network().params(), 50, 0.7, 0.9));
                builder.build().run();
                return tiny.parameters();
              }
            });

    assertThat(adapters.get(1)).isEqualTo(adapters.get(0));
  }
}
