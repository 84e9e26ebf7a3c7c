package org.peft4j.internal.adapted;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.learning.config.AdaDelta;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.NoOp;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.peft4j.internal.graft.SharedState;
import org.peft4j.internal.graft.Slot;
import org.peft4j.internal.original.stock.TestSlots;
import org.peft4j.internal.wrapped.WrappedNetwork;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.testing.LayerCases;

/** Learning rates of the adapters' updaters, fixed or by a schedule. */
class LearningRateTest {
  private static final ISchedule SCHEDULE =
      new MapSchedule.Builder(ScheduleType.ITERATION).add(0, 0.5).add(3, 0.25).build();

  private static IUpdater changed(LearningRate rate, IUpdater updater) {
    return Objects.requireNonNull(rate.in(updater));
  }

  @Test
  void anUpdaterIsCopiedWithTheNewRate() {
    Adam adam = new Adam(0.1);
    IUpdater changed = changed(LearningRate.of(0.7), adam);

    assertThat(changed.getLearningRate(5, 0)).isEqualTo(0.7);
    assertThat(adam.getLearningRate(5, 0)).isEqualTo(0.1);
    assertThat(changed(LearningRate.of(SCHEDULE), adam).getLearningRate(4, 0)).isEqualTo(0.25);
    IUpdater fixedAgain = changed(LearningRate.of(0.2), changed(LearningRate.of(SCHEDULE), adam));
    assertThat(fixedAgain.getLearningRate(4, 0)).isEqualTo(0.2);
  }

  @Test
  void anUpdaterWithoutARateStaysItself() {
    for (IUpdater updater : List.of(new NoOp(), new AdaDelta())) {
      assertThat(LearningRate.of(0.7).in(updater)).isSameAs(updater);
    }
    assertThat(LearningRate.of(0.7).in(null)).isNull();
  }

  @Test
  void thePresentRateIsThatOfTheFirstPart() {
    assertThat(LearningRate.now(Stream.of(), 0, 0)).isNull();
  }

  @Test
  void aNetworkSetsTheRateOfOneLayerOrOfAll() {
    WrappedNetwork wrapped =
        WrappedNetwork.of(LayerCases.named("dense").base(), SharedState.of(1), new Nd4jKernels());
    List<Slot> slots = TestSlots.everywhere(wrapped, true);
    wrapped.activate(slots);
    var network = wrapped.network();

    assertThat(network.getLearningRate(0)).isEqualTo(0.02);
    network.setLearningRate(1, 0.3);
    assertThat(network.getLearningRate(0)).isEqualTo(0.02);
    assertThat(network.getLearningRate(1)).isEqualTo(0.3);
    network.setLearningRate(SCHEDULE);
    assertThat(network.getLearningRate(2)).isEqualTo(0.5);
    network.setIterationCount(3);
    assertThat(network.getLearningRate(2)).isEqualTo(0.25);
    network.setLearningRate(0.1);
    assertThat(network.getLearningRate(2)).isEqualTo(0.1);
    assertThat(wrapped.base().getLearningRate(2)).isEqualTo(0.02);
  }

  /** Also between steps, when the updater has its state already. */
  @Test
  void theNextStepIsTakenWithTheNewRateAndTheOldState() {
    WrappedNetwork wrapped =
        WrappedNetwork.of(LayerCases.named("dense").base(), SharedState.of(1), new Nd4jKernels());
    wrapped.activate(TestSlots.everywhere(wrapped, true));
    var network = wrapped.network();
    network.fit(LayerCases.named("dense").data());
    var before = network.params().dup();
    var state = network.getUpdater().getStateViewArray().dup();

    network.setLearningRate(0);
    assertThat(network.getUpdater().getStateViewArray()).isEqualTo(state);
    network.fit(LayerCases.named("dense").data());
    assertThat(network.params()).isEqualTo(before);
  }
}
