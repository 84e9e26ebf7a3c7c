package org.peft4j.internal.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.memory.conf.WorkspaceConfiguration;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.PassState;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.testing.Values;

/** What a pass takes along: seeds of masks, a tape, and what the model's layers share. */
class PassTest {
  private static List<Long> seeds(MaskSeeds masks, int count) {
    return Stream.generate(masks::next).limit(count).toList();
  }

  @Test
  void equalModelSeedsGiveEqualSequencesOfMasks() {
    List<Long> first = seeds(new MaskSeeds(7), 100);
    assertThat(seeds(new MaskSeeds(7), 100)).isEqualTo(first);
    assertThat(first).doesNotHaveDuplicates();
    assertThat(Set.copyOf(first)).doesNotContainAnyElementsOf(seeds(new MaskSeeds(8), 100));
  }

  @Test
  void aRestoredStateGoesOnWhereItWasTaken() {
    MaskSeeds masks = new MaskSeeds(7);
    seeds(masks, 5);
    long seed = masks.seed();
    long passes = masks.passes();
    List<Long> expected = seeds(masks, 3);

    MaskSeeds other = new MaskSeeds(1);
    other.restore(seed, passes);
    assertThat(passes).isEqualTo(5);
    assertThat(seeds(other, 3)).isEqualTo(expected);
  }

  @Test
  void trainingPassesHaveAMaskOfTheirOwnAndOthersNone() {
    SharedState shared = SharedState.of(7);
    LayerGrafts layer = new LayerGrafts(List.of(), shared, new Nd4jKernels(), false);

    assertThat(layer.nextPass(false).training()).isFalse();
    assertThat(shared.masks().passes()).isZero();
    long first = layer.nextPass(true).seed();
    assertThat(layer.nextPass(true).seed()).isNotEqualTo(first);
    shared.masks().suspend(1);
    assertThat(layer.nextPass(true).training()).isFalse();
    shared.masks().suspend(-1);
    assertThat(layer.nextPass(true).training()).isTrue();
    assertThat(shared.masks().passes()).isEqualTo(3);
  }

  @Test
  void aThreadHasAStateOfItsOwnWithTheTasksOfAll() {
    Passes passes = new Passes();
    passes.setTasks(List.of(2, 0));
    PassState mine = passes.current();
    mine.put("key", Nd4j.scalar(1.0));

    assertThat(passes.current()).isSameAs(mine);
    CompletableFuture.runAsync(
            () -> {
              PassState other = passes.current();
              assertThat(other).isNotSameAs(mine);
              assertThat(other.tasks()).containsExactly(2, 0);
              assertThatThrownBy(() -> other.get("key")).hasMessageContaining("No layer has made");
            })
        .join();
    passes.setTasks(List.of());
    assertThat(passes.current().tasks()).isEmpty();
  }

  @Test
  void aTapeKeepsWhatWasRecordedOutsideOfWorkspaces() {
    WorkspaceConfiguration small = WorkspaceConfiguration.builder().initialSize(1 << 16).build();
    try (DetachedTape tape = new DetachedTape(DataType.DOUBLE)) {
      try (MemoryWorkspace open = Nd4j.getWorkspaceManager().getAndActivateWorkspace(small, "t")) {
        assertThat(open.isScopeActive()).isTrue();
        tape.record("x", 2, 3).assign(4);
      }
      assertThat(tape.recording()).isTrue();
      assertThat(tape.read("x").isAttached()).isFalse();
      assertThat(tape.read("x")).isEqualTo(Values.zeros(2, 3).addi(4));
      assertThatThrownBy(() -> tape.read("y"))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("Nothing was recorded for y.");
    }
  }

  @Test
  void aTapeFreesWhatItHasAndWhatIsReplaced() {
    DetachedTape tape = new DetachedTape(DataType.FLOAT);
    INDArray first = tape.record("x", 2);
    INDArray second = tape.record("x", 3);
    INDArray other = tape.record("y", 1);

    assertThat(first.wasClosed()).isTrue();
    assertThat(tape.read("x")).isSameAs(second);
    tape.close();
    assertThat(Stream.of(second, other).map(INDArray::wasClosed).collect(Collectors.toSet()))
        .containsExactly(true);
    assertThatThrownBy(() -> tape.read("x")).isInstanceOf(IllegalStateException.class);
    assertThat(tape.record("x", 2).wasClosed()).isFalse();
    tape.close();
  }
}
