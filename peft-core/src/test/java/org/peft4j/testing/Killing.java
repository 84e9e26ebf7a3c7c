package org.peft4j.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** Processes that save to a folder again and again until they are killed. */
public final class Killing {
  /** What such a process prints once the folder holds something. */
  public static final String SAVING = "saving";

  private Killing() {}

  /** The command that runs a class of this process' class path on a folder. */
  public static List<String> command(Class<?> writer, Path folder) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Xmx256m",
        "-XX:TieredStopAtLevel=1",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=off",
        "-classpath",
        System.getProperty("java.class.path"),
        writer.getName(),
        folder.toString());
  }

  /** Runs {@code writer}, and kills it that long after it began to save. */
  public static void after(int milliseconds, Class<?> writer, Path folder)
      throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command(writer, folder)).redirectErrorStream(true).start();
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      String line = reader.readLine();
      while (line != null && !line.equals(SAVING)) {
        line = reader.readLine();
      }
      assertThat(line).isEqualTo(SAVING);
      Thread.sleep(milliseconds);
    } finally {
      process.destroyForcibly().waitFor();
    }
  }
}
