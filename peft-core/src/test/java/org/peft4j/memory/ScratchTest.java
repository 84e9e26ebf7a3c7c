package org.peft4j.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.memory.conf.WorkspaceConfiguration;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Temporaries are in the open workspace, or freed by whoever took them. */
class ScratchTest {
  private static MemoryWorkspace workspace() {
    WorkspaceConfiguration small = WorkspaceConfiguration.builder().initialSize(1 << 16).build();
    return Nd4j.getWorkspaceManager().getAndActivateWorkspace(small, "scratch");
  }

  @Test
  void withoutAWorkspaceATemporaryIsFreedAtOnce() {
    INDArray array = Scratch.of(DataType.FLOAT, 2, 3);
    assertThat(array.ordering()).isEqualTo('c');
    assertThat(array.isAttached()).isFalse();
    Scratch.release(array);
    Scratch.release(array);
    assertThat(array.wasClosed()).isTrue();
  }

  @Test
  void inAWorkspaceItStaysUntilTheWorkspaceEnds() {
    try (MemoryWorkspace open = workspace()) {
      INDArray array = Scratch.of(DataType.FLOAT, 2, 3);
      assertThat(array.isAttached()).isEqualTo(open.isScopeActive());
      Scratch.release(array);
      assertThat(array.wasClosed()).isFalse();
    }
  }

  @Test
  void aViewIsNotFreedWithItsMatrix() {
    INDArray matrix = Nd4j.ones(DataType.FLOAT, 2, 3);
    Scratch.release(matrix.getRow(1));
    assertThat(matrix.getFloat(1, 2)).isEqualTo(1);
  }

  /** Also inside of a workspace, which would keep the memory of both to its end. */
  @Test
  void theNextScopeTakesTheMemoryOfTheLast() {
    try (MemoryWorkspace open = workspace()) {
      long first;
      try (ReusedScope scope = new ReusedScope()) {
        INDArray array = scope.array(DataType.FLOAT, 30, 41);
        first = array.data().address();
        assertThat(scope.array(DataType.FLOAT, 30, 41).data().address()).isNotEqualTo(first);
        assertThat(array.isAttached()).isNotEqualTo(open.isScopeActive());
      }
      try (ReusedScope scope = new ReusedScope()) {
        INDArray smaller = scope.array(DataType.FLOAT, 11, 41);
        INDArray equal = scope.array(DataType.FLOAT, 41, 30);
        INDArray third = scope.array(DataType.FLOAT, 1230);
        assertThat(smaller.shape()).containsExactly(11, 41);
        assertThat(smaller.stride()).containsExactly(41, 1);
        assertThat(List.of(smaller.data().address(), equal.data().address())).contains(first);
        assertThat(List.of(smaller.data().address(), equal.data().address()))
            .doesNotContain(third.data().address());
        assertThat(scope.array(DataType.DOUBLE, 30, 41).dataType()).isEqualTo(DataType.DOUBLE);
      }
    }
  }

  @Test
  void aScopeReleasesWhatWasTakenErrorsIncluded() {
    INDArray[] taken = new INDArray[3];
    assertThatThrownBy(
            () -> {
              try (ScratchScope scope = new ScratchScope()) {
                taken[0] = scope.array(DataType.DOUBLE, 2);
                taken[1] = scope.like(taken[0]);
                taken[2] = scope.mine(Nd4j.ones(3));
                throw new IllegalStateException("broken");
              }
            })
        .hasMessage("broken");
    assertThat(taken).allMatch(INDArray::wasClosed);
  }

  @Test
  void memoryComesBackAfterErrorsToo() {
    long[] address = new long[1];
    assertThatThrownBy(
            () -> {
              try (ReusedScope scope = new ReusedScope()) {
                address[0] = scope.array(DataType.DOUBLE, 2).data().address();
                throw new IllegalStateException("broken");
              }
            })
        .hasMessage("broken");
    try (ReusedScope next = new ReusedScope()) {
      assertThat(next.array(DataType.DOUBLE, 2).data().address()).isEqualTo(address[0]);
    }
  }

  @Test
  void detachedArraysOutliveTheOpenWorkspace() {
    INDArray zeros;
    INDArray copy;
    try (MemoryWorkspace open = workspace()) {
      INDArray transposed = Nd4j.createFromArray(new double[][] {{1, 2}, {3, 4}}).transpose();
      assertThat(transposed.isAttached()).isEqualTo(open.isScopeActive());
      zeros = DetachedArrays.zeros(DataType.DOUBLE, 2);
      copy = DetachedArrays.copy(transposed);
    }
    assertThat(zeros.isAttached()).isFalse();
    assertThat(zeros).isEqualTo(Nd4j.zeros(DataType.DOUBLE, 2));
    assertThat(copy.ordering()).isEqualTo('c');
    assertThat(copy).isEqualTo(Nd4j.createFromArray(new double[][] {{1, 3}, {2, 4}}));
  }
}
