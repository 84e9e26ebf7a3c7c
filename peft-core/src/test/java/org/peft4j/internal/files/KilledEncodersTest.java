package org.peft4j.internal.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.internal.files.EncoderWriter.Version;
import org.peft4j.testing.Killing;

/** Where a process is killed while it saves an encoder too, the old or the new adapter is left. */
class KilledEncodersTest {
  private static final int KILLS = Integer.getInteger("peft4j.kills", 6);
  private static final String NEXT = ".next";

  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path root;

  @Test
  void aKillAtAnyMomentLeavesOneAdapterWhole() throws Exception {
    Path folder = root.resolve("adapter");
    Random random = new Random(7);
    for (int i = 0; i < KILLS; i++) {
      Killing.after(random.nextInt(80), EncoderWriter.class, folder);
      assertThat(Version.values()).as("kill %d", i).filteredOn(v -> v.isIn(folder)).hasSize(1);
    }
    // What a killed writer leaves behind is no obstacle for the next.
    Version.SECOND.save(folder);
    assertThat(Version.SECOND.isIn(folder)).isTrue();
  }

  static Stream<Arguments> pairs() {
    return Stream.of(Version.values())
        .flatMap(old -> Stream.of(Version.values()).map(later -> Arguments.of(old, later)));
  }

  /** The states on the way, one after the other, of which a kill seldom meets the short ones. */
  @ParameterizedTest
  @MethodSource("pairs")
  void eachStepOnTheWayLeavesTheOldOrTheNewAdapter(Version old, Version later) throws IOException {
    Path folder = root.resolve("folder");
    Path complete = root.resolve("complete");
    old.save(folder);
    later.save(complete);
    boolean encoded = Files.exists(complete.resolve(AdapterFiles.ENCODER));

    copy(complete.resolve(AdapterFiles.CONFIG), folder.resolve(AdapterFiles.CONFIG + NEXT));
    assertThat(old.isIn(folder)).isTrue();
    if (encoded) {
      copy(complete.resolve(AdapterFiles.ENCODER), folder.resolve(AdapterFiles.ENCODER + NEXT));
      assertThat(old.isIn(folder)).isTrue();
    }
    copy(complete.resolve(AdapterFiles.WEIGHTS), folder.resolve(AdapterFiles.WEIGHTS));
    assertThat(later.isIn(folder)).isTrue();
    settle(folder.resolve(AdapterFiles.CONFIG));
    assertThat(later.isIn(folder)).isTrue();
    if (encoded) {
      settle(folder.resolve(AdapterFiles.ENCODER));
      assertThat(later.isIn(folder)).isTrue();
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
  }

  private static void settle(Path file) throws IOException {
    Files.move(
        file.resolveSibling(file.getFileName() + NEXT), file, StandardCopyOption.ATOMIC_MOVE);
  }
}
