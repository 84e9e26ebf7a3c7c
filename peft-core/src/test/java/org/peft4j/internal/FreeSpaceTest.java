package org.peft4j.internal;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.error.PeftException;

class FreeSpaceTest {
  @Test
  void aDiskWithLessRoomIsRefusedAlsoForAFolderThatIsNotThereYet(@TempDir Path folder) {
    Path missing = folder.resolve("a/b");

    assertThatThrownBy(() -> FreeSpace.require(missing, Long.MAX_VALUE, "the adapter"))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("The disk of " + missing + " has ")
        .hasMessageContaining("bytes left; the adapter needs 9,223,372,036,854,775,807. Free some");
    assertThatCode(() -> FreeSpace.require(missing, 1, "the adapter")).doesNotThrowAnyException();
  }
}
