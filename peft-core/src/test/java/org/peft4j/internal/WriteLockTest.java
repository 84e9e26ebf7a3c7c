package org.peft4j.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.error.PeftException;
import org.peft4j.testing.Killing;

/** Who may write a name, and what becomes of what others left. */
class WriteLockTest {
  private final Path folder;

  WriteLockTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void oneWriterAtATime() throws Exception {
    AtomicInteger writing = new AtomicInteger();
    Callable<Integer> writer =
        () -> {
          int most = 0;
          for (int i = 0; i < 20; i++) {
            try (WriteLock lock = WriteLock.of(folder, "a")) {
              most = Math.max(most, writing.incrementAndGet());
              assertThat(lock.temporary("tmp").getParent()).isEqualTo(folder);
              writing.decrementAndGet();
            }
          }
          return most;
        };
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      for (Future<Integer> most :
          threads.invokeAll(IntStream.range(0, 4).mapToObj(i -> writer).toList())) {
        assertThat(most.get(60, TimeUnit.SECONDS)).isEqualTo(1);
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void asksNotToWaitForEver() throws IOException {
    try (WriteLock lock = WriteLock.of(folder, "a")) {
      assertThatThrownBy(() -> WriteLock.of(folder, "a", Duration.ofMillis(50)))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("another process or thread has been writing it");
      WriteLock.of(folder, "b", Duration.ofMillis(50)).close();
      lock.close();
      WriteLock.of(folder, "a", Duration.ofMillis(50)).close();
    }
  }

  /** Another process, whose threads and files this one does not know. */
  @Test
  void aProcessWaitsForAnother() throws Exception {
    Process other =
        new ProcessBuilder(Killing.command(LockHolder.class, folder))
            .redirectErrorStream(true)
            .start();
    try (BufferedReader reader =
        new BufferedReader(new InputStreamReader(other.getInputStream(), StandardCharsets.UTF_8))) {
      assertThat(reader.readLine()).isEqualTo(Killing.SAVING);
      assertThatThrownBy(() -> WriteLock.of(folder, "a", Duration.ofMillis(100)))
          .isInstanceOf(PeftException.class);
    } finally {
      other.destroyForcibly().waitFor();
    }
    WriteLock.of(folder, "a", Duration.ofSeconds(10)).close();
    assertThat(folder).isEmptyDirectory();
  }

  /** Holds the lock while threads of its own ask for it, until it is killed. */
  static final class LockHolder {
    private LockHolder() {}

    public static void main(String[] arguments) throws Exception {
      Path folder = Path.of(arguments[0]);
      WriteLock lock = WriteLock.of(folder, "a");
      try {
        WriteLock.of(folder, "a", Duration.ofMillis(50)).close();
      } catch (PeftException expected) {
        System.out.println(Killing.SAVING);
      }
      Thread.sleep(60_000);
      lock.close();
    }
  }

  @Test
  void clearsUpAfterTheDeadAndLeavesTheRest() throws IOException {
    String dead = UUID.randomUUID().toString();
    Path tree = Files.createDirectories(folder.resolve(".a." + dead + ".tmp/b/c"));
    Files.writeString(tree.resolve("d"), "left behind");
    Files.writeString(folder.resolve(".a.lock"), "left behind");
    Path other = Files.writeString(folder.resolve(".b." + dead + ".tmp"), "another name's");
    Path own = Files.writeString(folder.resolve(".a.mine.tmp"), "a user's");
    Path old = Files.createDirectory(folder.resolve(".a." + dead + ".old"));

    try (WriteLock lock = WriteLock.of(folder, "a")) {
      assertThat(lock.left("old")).containsExactly(old);
    }

    assertThat(folder.toFile().listFiles())
        .containsExactlyInAnyOrder(other.toFile(), own.toFile(), old.toFile());
  }

  @Test
  void aLinkInTheWayIsNotFollowed() throws IOException {
    Path secret = Files.writeString(folder.resolve("secret"), "unchanged");
    Files.createSymbolicLink(folder.resolve(".a.lock"), secret);

    assertThatThrownBy(() -> WriteLock.of(folder, "a")).isInstanceOf(IOException.class);
    assertThat(secret).hasContent("unchanged");
  }
}
