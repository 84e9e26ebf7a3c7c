package org.peft4j.internal.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.error.PeftException;
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
    // The next save clears up what killed ones leave behind.
    Version.PLAIN.save(folder);
    assertThat(Version.PLAIN.isIn(folder)).isTrue();
    assertThat(folder.toFile().list())
        .containsExactlyInAnyOrder(AdapterFiles.CONFIG, AdapterFiles.WEIGHTS);
  }

  @Test
  void writersOfOneFolderWaitForEachOther() throws Exception {
    Path folder = root.resolve("adapter");
    ExecutorService threads = Executors.newFixedThreadPool(Version.values().length);
    try {
      List<Callable<Void>> writers =
          Stream.of(Version.values())
              .<Callable<Void>>map(
                  version ->
                      () -> {
                        for (int i = 0; i < 4; i++) {
                          version.save(folder);
                        }
                        return null;
                      })
              .toList();
      for (Future<Void> writer : threads.invokeAll(writers)) {
        writer.get();
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(Version.values()).filteredOn(v -> v.isIn(folder)).hasSize(1);
  }

  static Stream<Arguments> pairs() {
    return Stream.of(Version.values())
        .flatMap(
            old ->
                Stream.of(Version.values())
                    .filter(later -> later != old)
                    .map(later -> Arguments.of(old, later)));
  }

  /** The states on the way, one after the other, of which a kill seldom meets the short ones. */
  @ParameterizedTest
  @MethodSource("pairs")
  void eachStepOnTheWayLeavesTheOldOrTheNewAdapter(Version old, Version later) throws IOException {
    Path folder = root.resolve("folder");
    old.save(folder);
    Map<Path, byte[]> before = contents(folder);
    later.save(folder);
    assertThat(later.isIn(folder)).isTrue();
    boolean encoded = Files.exists(folder.resolve(AdapterFiles.ENCODER));

    // The weights were replaced, the files beside them not yet. They waited as what they are now.
    wait(folder.resolve(AdapterFiles.CONFIG), before);
    if (encoded) {
      wait(folder.resolve(AdapterFiles.ENCODER), before);
    }
    assertThat(later.isIn(folder)).as("weights replaced").isTrue();
    Path weights = folder.resolve(AdapterFiles.WEIGHTS);
    byte[] now = Files.readAllBytes(weights);
    Files.write(weights, Objects.requireNonNull(before.get(weights)));
    if (before.containsKey(folder.resolve(AdapterFiles.ENCODER)) && !encoded) {
      Files.write(
          folder.resolve(AdapterFiles.ENCODER),
          Objects.requireNonNull(before.get(folder.resolve(AdapterFiles.ENCODER))));
    }
    assertThat(old.isIn(folder)).as("weights not yet replaced").isTrue();
    Files.write(weights, now);
    settle(folder.resolve(AdapterFiles.CONFIG));
    assertThat(later.isIn(folder)).as("config moved").isTrue();
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void aConfigThatWaitsButCameFromElsewhereIsRefused(Version old, Version later)
      throws IOException {
    Path folder = root.resolve("folder");
    old.save(folder);
    Path config = folder.resolve(AdapterFiles.CONFIG);
    byte[] shown = Files.readAllBytes(config);
    later.save(folder);
    // A download: the same files, in places of their own on the disk.
    Files.write(root.resolve("copy"), Files.readAllBytes(config));
    Files.write(config, shown);
    Files.move(root.resolve("copy"), config.resolveSibling(AdapterFiles.CONFIG + NEXT));

    assertThatThrownBy(() -> AdapterFiles.readConfig(folder))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(
            "adapter_config.json is not the file that the weights were saved with")
        .hasMessageContaining("Delete adapter_config.json.next, or, if you trust it, rename it");
  }

  /** Files of at most 20 kB: the config fits, the encoder does not. */
  private static void saveOnAFullDisk(Path folder) throws Exception {
    Process process =
        new ProcessBuilder(
                Stream.concat(
                        Stream.of("bash", "-c", "ulimit -f 20; exec \"$@\"", "limited"),
                        Killing.command(EncoderWriter.class, folder).stream())
                    .toList())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).isNotZero();
    assertThat(output).contains("Cannot write " + folder.toRealPath().resolve("encoder.safe"));
  }

  @Test
  void aFullDiskLeavesNothingInANewFolder() throws Exception {
    saveOnAFullDisk(Files.createDirectory(root.resolve("there")));
    assertThat(root.resolve("there")).isEmptyDirectory();
  }

  @Test
  void aFullDiskLeavesAnOldAdapterAndNothingBeside() throws Exception {
    Path folder = root.resolve("folder");
    Version.PLAIN.save(folder);
    saveOnAFullDisk(folder);

    assertThat(Version.PLAIN.isIn(folder)).isTrue();
    assertThat(folder.toFile().list())
        .containsExactlyInAnyOrder(AdapterFiles.CONFIG, AdapterFiles.WEIGHTS);
  }

  /** The second save must not take the place of what still waits for the first. */
  @ParameterizedTest
  @MethodSource("pairs")
  void aKilledSaveAndThenAFullDiskLeaveTheAdapterOfTheFirst(Version old, Version later)
      throws Exception {
    Path folder = root.resolve("folder");
    old.save(folder);
    Map<Path, byte[]> before = contents(folder);
    later.save(folder);
    boolean encoded = Files.exists(folder.resolve(AdapterFiles.ENCODER));
    wait(folder.resolve(AdapterFiles.CONFIG), before);
    if (encoded) {
      wait(folder.resolve(AdapterFiles.ENCODER), before);
    }

    saveOnAFullDisk(folder);

    assertThat(later.isIn(folder)).isTrue();
  }

  /**
   * Makes a file wait under its other name, with the earlier file, if there was one, in its place.
   */
  private static void wait(Path file, Map<Path, byte[]> before) throws IOException {
    Files.move(file, file.resolveSibling(file.getFileName() + NEXT));
    byte[] earlier = before.get(file);
    if (earlier != null) {
      Files.write(file, earlier);
    }
  }

  private static Map<Path, byte[]> contents(Path folder) throws IOException {
    Map<Path, byte[]> contents = new HashMap<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        contents.put(file, Files.readAllBytes(file));
      }
    }
    return contents;
  }

  private static void settle(Path file) throws IOException {
    Files.move(
        file.resolveSibling(file.getFileName() + NEXT), file, StandardCopyOption.ATOMIC_MOVE);
  }
}
