package org.peft4j.internal.wrapped;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.adapter.Tensors;
import org.peft4j.error.NonFiniteException;
import org.peft4j.internal.graft.SharedState;
import org.peft4j.internal.graft.Slot;
import org.peft4j.internal.graft.SmallAdapters.Part;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.method.TensorPlace;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.testing.LayerCase;
import org.peft4j.testing.LayerCases;
import org.peft4j.testing.Values;

/** The parameter vector of a wrapped network, as sets of adapters come and go. */
class WrappedModelTest {
  private static final LayerCase SORT = LayerCases.named("dense");

  private final MultiLayerNetwork base = SORT.base(DataType.DOUBLE);
  private final WrappedNetwork wrapped =
      WrappedNetwork.of(base, SharedState.of(1), new Nd4jKernels());

  /** A part at every linear site. */
  private List<Slot> slots(String name, long seed) {
    List<Slot> slots = new ArrayList<>();
    for (var original : wrapped.originals().values()) {
      for (Site site : original.sites()) {
        if (site.kind() == SiteKind.LINEAR) {
          Part part = new Part(site);
          slots.add(new Slot(name, part, Values.random(seed + slots.size(), part.parameters())));
        }
      }
    }
    return slots;
  }

  private INDArray params() {
    return wrapped.network().params();
  }

  private static INDArray part(INDArray vector, long from, long to) {
    return vector.reshape(vector.length()).get(NDArrayIndex.interval(from, to)).dup();
  }

  private static long address(INDArray array) {
    return array.data().address();
  }

  private void fit() {
    wrapped.network().fit(SORT.data(DataType.DOUBLE));
  }

  @Test
  void aNetworkWithoutAdaptersHasNoParametersAndTheBasesOutput() {
    assertThat(wrapped.network().numParams()).isZero();
    assertThat(wrapped.places()).isEmpty();
    assertThat(wrapped.output(SORT.x())).isEqualTo(base.output(SORT.x()));
    assertThat(wrapped.dataType()).isEqualTo(DataType.DOUBLE);
  }

  @Test
  void placesSayWhereEachTensorLies() {
    List<Slot> slots = slots("default", 3);
    wrapped.activate(slots);

    List<TensorPlace> places = wrapped.places();
    assertThat(places).hasSameSizeAs(slots);
    long offset = 0;
    for (int i = 0; i < places.size(); i++) {
      TensorPlace place = places.get(i);
      INDArray c = slots.get(i).values().get("C");
      assertThat(place.offset()).isEqualTo(offset);
      assertThat(place.key())
          .isEqualTo("base_model.model." + slots.get(i).adapter().site().name() + ".C");
      offset += c.length();
      INDArray part = part(params(), place.offset(), offset);
      assertThat(part.reshape(c.shape())).isEqualTo(c);
    }
    assertThat(offset).isEqualTo(wrapped.network().numParams());
  }

  @Test
  void activeValuesAreViewsOfTheVectorAndTheOldArraysAreFreed() {
    List<Slot> slots = slots("default", 3);
    Tensors old = slots.get(0).values();
    INDArray value = old.get("C").dup();

    wrapped.activate(slots);

    assertThat(slots.get(0).values().get("C")).isEqualTo(value);
    assertThat(old.get("C").wasClosed()).isTrue();
    params().assign(7);
    assertThat(slots.get(0).values().get("C").minNumber().doubleValue()).isEqualTo(7);
  }

  @Test
  void aSetThatComesBackHasItsVectorAndItsUpdaterState() {
    List<Slot> first = slots("first", 3);
    wrapped.activate(first);
    fit();
    INDArray values = params();
    INDArray copy = values.dup();
    INDArray state = wrapped.network().getUpdater().getStateViewArray().dup();

    List<Slot> second = slots("second", 30);
    wrapped.activate(second);
    fit();
    assertThat(address(params())).isNotEqualTo(address(values));
    wrapped.activate(first);

    assertThat(address(params())).isEqualTo(address(values));
    assertThat(params()).isEqualTo(copy);
    assertThat(wrapped.network().getUpdater().getStateViewArray()).isEqualTo(state);
  }

  @Test
  void aForgottenAdapterBeginsWithAFreshUpdater() {
    List<Slot> first = slots("first", 3);
    wrapped.activate(first);
    fit();
    wrapped.activate(List.of());
    wrapped.forget("first");
    wrapped.activate(first);

    assertThat(wrapped.network().getUpdater().getStateViewArray().amaxNumber().doubleValue())
        .isZero();
  }

  /** A slot's values are in one vector: that of the set which was active last. */
  @Test
  void adaptersOfTwoSetsAreLaidOutAnew() {
    List<Slot> first = slots("first", 3);
    List<Slot> second = slots("second", 30);
    wrapped.activate(first);
    INDArray value = first.get(0).values().get("C").dup();
    List<Slot> both = new ArrayList<>(first);
    both.addAll(second);

    wrapped.activate(both);
    assertThat(wrapped.network().numParams()).isEqualTo(2 * count(first));
    assertThat(first.get(0).values().get("C")).isEqualTo(value);
    first.get(0).values().get("C").assign(2);
    wrapped.activate(first);
    assertThat(wrapped.network().numParams()).isEqualTo(count(first));
    assertThat(first.get(0).values().get("C")).isEqualTo(value.assign(2));
    assertThat(params().getDouble(0)).isEqualTo(2);
  }

  private static long count(List<Slot> slots) {
    return slots.stream().mapToLong(Slot::count).sum();
  }

  @Test
  void releasedSlotsHaveArraysOfTheirOwn() {
    List<Slot> slots = slots("first", 3);
    wrapped.activate(slots);
    INDArray vector = params();
    INDArray value = slots.get(0).values().get("C").dup();
    wrapped.activate(List.of());

    wrapped.release("other");
    assertThat(vector.wasClosed()).isFalse();
    wrapped.release("first");
    assertThat(vector.wasClosed()).isTrue();
    assertThat(slots.get(0).values().get("C")).isEqualTo(value);
  }

  @Test
  void gradientsAreThoseOfTheLastBackwardPassOfAnActiveSlot() {
    List<Slot> slots = slots("first", 3);
    wrapped.activate(slots);
    fit();

    INDArray flat = wrapped.network().getFlattenedGradients();
    INDArray gradient = wrapped.gradients(slots.get(0)).get("C");
    assertThat(gradient.ravel()).isEqualTo(part(flat, 0, gradient.length()));
    Slot inactive = slots("second", 30).get(0);
    assertThatThrownBy(() -> wrapped.gradients(inactive))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("The slot of second at below is not active.");
  }

  @Test
  void aCopyOfTheBaseHasMemoryOfItsOwn() {
    MultiLayerNetwork copy = wrapped.copyOfBase();
    copy.params().assign(0);
    assertThat(base.params().amaxNumber().doubleValue()).isPositive();
    assertThat(wrapped.originals(copy).keySet()).isEqualTo(wrapped.originals().keySet());
  }

  @Test
  void aTaskRunsOnceBeforeTrainingGoesOn() {
    TrainingGuard guard = new TrainingGuard();
    AtomicInteger runs = new AtomicInteger();
    guard.before(runs::incrementAndGet);

    guard.prepare();
    guard.prepare();
    guard.step(() -> {}, () -> 1, () -> 0, () -> {});
    assertThat(runs).hasValue(1);
    guard.before(runs::incrementAndGet);
    guard.before(() -> {});
    guard.prepare();
    assertThat(runs).hasValue(1);
  }

  @Test
  void aStepWithoutAFiniteLossClearsItsMasksAndStops() {
    TrainingGuard guard = new TrainingGuard();
    AtomicInteger cleared = new AtomicInteger();
    assertThatThrownBy(
            () -> guard.step(() -> {}, () -> Double.NaN, () -> 12, cleared::incrementAndGet))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageStartingWith("Step 12: loss is not finite.");
    assertThatThrownBy(
            () ->
                guard.step(
                    () -> {
                      throw new IllegalStateException("broken");
                    },
                    () -> 1,
                    () -> 12,
                    cleared::incrementAndGet))
        .hasMessage("broken");
    assertThat(cleared).hasValue(2);
  }

  @Test
  void onlyArraysThatOwnTheirMemoryAreFreed() {
    INDArray matrix = Nd4j.ones(DataType.DOUBLE, 2, 2);
    INDArray row = matrix.getRow(0);
    Relayable.close(null);
    Relayable.close(row);
    assertThat(matrix.getDouble(0, 0)).isEqualTo(1);
    Relayable.close(matrix);
    Relayable.close(matrix);
    assertThat(matrix.wasClosed()).isTrue();
  }
}
