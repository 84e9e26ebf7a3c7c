package org.peft4j.transformers.internal.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.peft4j.error.PeftException;

class DocumentsTest {
  @Test
  void positionsBeginAnewInEachDocument() {
    int[] mask = {1, 1, 1, 2, 2, 0, 0, 1, 0, 1, 2, 3};
    Documents documents = Objects.requireNonNull(Documents.of(mask, 2));
    assertThat(documents.positions()).containsExactly(0, 1, 2, 0, 1, 0, 0, 0, 0, 2, 0, 0);
    assertThat(documents.first().stream()).containsExactly(0, 3, 7, 10, 11);
    assertThat(documents.longest()).isEqualTo(3);
  }

  @Test
  void aMaskOfZerosAndOnesIsOneDocumentARow() {
    assertThat(Documents.of(new int[] {0, 1, 1, 1, 0, 1}, 2)).isNull();
  }

  @Test
  void refusesOtherNumbers() {
    assertThatThrownBy(() -> Documents.of(new int[] {1, 1, 1, 1, 3, 3}, 2))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("has 3 at row 1, position 1, after document 1 of the row");
    assertThatThrownBy(() -> Documents.of(new int[] {1, 2, 1}, 1))
        .hasMessageContaining("has 1 at row 0, position 2, after document 2");
    assertThatThrownBy(() -> Documents.of(new int[] {2, 2, 3}, 1))
        .hasMessageContaining("has 2 at row 0, position 0, after document 0");
  }
}
