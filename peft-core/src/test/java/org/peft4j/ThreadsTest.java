package org.peft4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.peft4j.TwoLayers.output;
import static org.peft4j.TwoLayers.set;
import static org.peft4j.testing.Plain.assertClose;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;

/** Several threads, models and clones over one base model: right numbers, or a clear error. */
class ThreadsTest {
  private static final double[] FIRST = {10, 20};

  private final PeftModel<MultiLayerNetwork> model = TwoLayers.with("first");
  private final double[][] adapted = TwoLayers.output(FIRST, TwoLayers.B2);

  ThreadsTest() {
    set(model, "first", FIRST);
  }

  private static @Nullable Throwable elsewhere(Runnable work) {
    AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
    CompletableFuture.runAsync(work, task -> new Thread(task).start())
        .handle(
            (done, failure) -> {
              thrown.set(failure == null ? null : failure.getCause());
              return done;
            })
        .join();
    return thrown.get();
  }

  private void change(String kind) {
    switch (kind) {
      case "setActive" -> model.setActive();
      case "delete" -> model.delete("first");
      case "merged" -> model.merged().close();
      case "adaptersDisabled" -> model.adaptersDisabled().close();
      case "adapterOfEachRow" -> model.adapterOfEachRow(List.of("first", "first", "first")).close();
      case "setTasks" -> model.setTasks(1);
      case "close" -> model.close();
      default -> throw new IllegalArgumentException(kind);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "setActive",
        "delete",
        "merged",
        "adaptersDisabled",
        "adapterOfEachRow",
        "setTasks",
        "close"
      })
  void noChangeUnderAPassOfAnotherThread(String kind) {
    List<@Nullable Throwable> thrown = new ArrayList<>();
    try (AdapterScope watching =
        model.training().observingInputs((site, x) -> thrown.add(elsewhere(() -> change(kind))))) {
      assertClose(output(model), adapted);
    }
    assertThat(thrown)
        .singleElement()
        .isInstanceOfSatisfying(
            PeftException.class,
            e -> assertThat(e).hasMessageStartingWith("Another thread uses this model now"));
    assertClose(output(model), adapted);
  }

  @Test
  void passesOfSeveralThreadsAreRight() {
    ConcurrentLinkedQueue<INDArray> outputs = new ConcurrentLinkedQueue<>();
    List<CompletableFuture<Void>> threads = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      threads.add(
          CompletableFuture.runAsync(
              () -> {
                for (int k = 0; k < 50; k++) {
                  outputs.add(output(model));
                }
              }));
    }
    threads.forEach(CompletableFuture::join);
    assertThat(outputs).hasSize(200).allSatisfy(y -> assertClose(y, adapted));
  }

  @Test
  void whileOneThreadSwitchesAnotherGetsOneOfTheTwoOrAnError() {
    double[][] base = TwoLayers.output();
    CompletableFuture<Void> switching =
        CompletableFuture.runAsync(
            () -> {
              for (int k = 0; k < 200; k++) {
                List<String> next = k % 2 == 0 ? List.of() : List.of("first");
                while (!done(() -> model.setActive(next))) {
                  Thread.onSpinWait();
                }
              }
            });
    while (!switching.isDone()) {
      List<INDArray> outputs = new ArrayList<>();
      if (done(() -> outputs.add(output(model)))) {
        INDArray y = outputs.get(0);
        boolean one = y.getDouble(0) == base[0][0];
        assertClose(y, one ? base : adapted);
      }
    }
    switching.join();
    assertClose(output(model), adapted);
  }

  private static boolean done(Runnable work) {
    try {
      work.run();
      return true;
    } catch (PeftException e) {
      assertThat(e).hasMessageStartingWith("Another thread ");
      return false;
    }
  }

  @Test
  void loadingDisturbsNoPass() {
    List<Boolean> loaded = new ArrayList<>();
    try (AdapterScope watching =
        model
            .training()
            .observingInputs(
                (site, x) ->
                    loaded.add(
                        elsewhere(() -> model.addAdapter("more", TwoLayers.biasOf("out")))
                            == null))) {
      assertClose(output(model), adapted);
    }
    assertThat(loaded).containsExactly(true);
    assertThat(model.adapters()).containsExactly("first", "more");
  }

  @Test
  void whileOneModelIsMergedNoOtherComputesWithItsWeights() {
    PeftModel<MultiLayerNetwork> other = Peft.wrap(model.base(), TwoLayers.biasOf("out"));
    MultiLayerNetwork clone = model.network().clone();
    try (AdapterScope merged = model.merged()) {
      assertClose(output(model), adapted);
      assertThatThrownBy(() -> output(other))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("another model or clone of it has merged");
      assertThatThrownBy(() -> clone.output(TwoLayers.x())).isInstanceOf(PeftException.class);
      assertThatThrownBy(other::merged)
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("close that scope before merging adapters");
      assertThatThrownBy(other::mergeAndUnload).isInstanceOf(PeftException.class);
    }
    assertClose(output(other), TwoLayers.output());
    assertClose(clone.output(TwoLayers.x()), adapted);
  }

  @Test
  void aCloneHasItsOwnValuesAndItsOwnState() {
    MultiLayerNetwork clone = model.network().clone();
    set(model, "first", 1, 1);
    try (AdapterScope off = model.adaptersDisabled()) {
      assertClose(clone.output(TwoLayers.x()), adapted);
      clone.fit(TwoLayers.data());
    }
    assertThat(clone.output(TwoLayers.x())).isNotEqualTo(output(model));
    assertClose(output(model), TwoLayers.output(new double[] {1, 1}, TwoLayers.B2));
  }

  @Test
  void aCloneOfAModelWithoutActiveAdaptersIsTheBaseModel() {
    model.setActive();
    assertClose(model.network().clone().output(TwoLayers.x()), TwoLayers.output());
  }
}
