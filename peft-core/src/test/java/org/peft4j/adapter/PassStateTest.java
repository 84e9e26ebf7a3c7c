package org.peft4j.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.internal.graft.DetachedTape;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.testing.Values;

/** What layers share in a pass, and what a layer keeps of its forward pass for the backward one. */
class PassStateTest {
  private final PassState state = new PassState();

  @Test
  void laterLayersReadWhatAnEarlierOneMade() {
    INDArray array = Values.random(1, 2);

    state.put("key", array);

    assertThat(state.get("key")).isSameAs(array);
    assertThatThrownBy(() -> state.get("other"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("No layer has made other in this pass.");
  }

  @Test
  void gradientsOfSeveralLayersAddUpForTheOneThatMadeTheArray() {
    state.put("key", Values.random(1, 2, 3));

    state.gradient("key").addi(2);
    state.gradient("key").addi(0.5);
    INDArray sum = Objects.requireNonNull(state.takeGradient("key"));

    assertThat(sum).isEqualTo(Values.zeros(2, 3).addi(2.5));
    assertThat(state.takeGradient("key")).isNull();
    assertThat(state.gradient("key")).isEqualTo(Values.zeros(2, 3));
  }

  @Test
  void virtualTokensOfSeveralAdaptersAddUp() {
    state.addVirtual(3, 0, 0);
    state.addVirtual(2, 5, 4);

    assertThat(state.virtualTokens()).isEqualTo(5);
    assertThat(state.prefixLength()).isEqualTo(5);
    assertThat(state.encoderPrefixLength()).isEqualTo(4);
  }

  @Test
  void aNewPassForgetsAllButTheTasks() {
    state.put("key", Values.random(1, 2));
    state.gradient("key").addi(1);
    state.addVirtual(3, 4, 4);
    state.setTasks(List.of(1, 0));

    state.begin();

    assertThat(state.virtualTokens()).isZero();
    assertThat(state.prefixLength()).isZero();
    assertThat(state.encoderPrefixLength()).isZero();
    assertThat(state.takeGradient("key")).isNull();
    assertThatThrownBy(() -> state.get("key")).isInstanceOf(IllegalStateException.class);
    assertThat(state.tasks()).containsExactly(1, 0);
  }

  @Test
  void tasksDoNotChangeWithTheListThatGaveThem() {
    List<Integer> tasks = new ArrayList<>(List.of(1));
    state.setTasks(tasks);

    tasks.add(2);

    assertThat(state.tasks()).containsExactly(1);
  }

  @Test
  void aPassOfASingleLayerIsNotRecorded() {
    Pass pass = new Pass(new Nd4jKernels(), true, 7);

    assertThat(pass.tape().recording()).isFalse();
    assertThatThrownBy(() -> pass.tape().record("x", 2))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("This pass is not recorded.");
    assertThatThrownBy(() -> pass.tape().read("x"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("This pass was not recorded: x.");
  }

  @Test
  void thePassOnATapeIsTheSamePass() {
    Pass pass = new Pass(new Nd4jKernels(), true, 7);
    try (DetachedTape tape = new DetachedTape(DataType.DOUBLE)) {
      Pass recorded = pass.on(tape);

      assertThat(recorded.tape()).isSameAs(tape);
      assertThat(recorded.state()).isSameAs(pass.state());
      assertThat(recorded.seed()).isEqualTo(7);
      assertThat(recorded.training()).isTrue();
    }
  }

  @Test
  void aTapeGivesBackWhatWasRecordedLastUnderAKey() {
    try (DetachedTape tape = new DetachedTape(DataType.DOUBLE)) {
      INDArray first = tape.record("x", 2, 3);
      INDArray second = tape.record("x", 4);
      second.assign(5);

      assertThat(tape.recording()).isTrue();
      assertThat(tape.read("x")).isEqualTo(Values.zeros(4).addi(5));
      assertThat(first.wasClosed()).isTrue();
      assertThatThrownBy(() -> tape.read("y"))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("Nothing was recorded for y.");
    }
  }

  @Test
  void aClosedTapeHasFreedItsArrays() {
    DetachedTape tape = new DetachedTape(DataType.FLOAT);
    INDArray array = tape.record("x", 2);

    tape.close();
    tape.close();

    assertThat(array.wasClosed()).isTrue();
    assertThatThrownBy(() -> tape.read("x")).isInstanceOf(IllegalStateException.class);
  }
}
