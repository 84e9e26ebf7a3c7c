package org.peft4j.benchmarks.compare;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A program that prints one line of JSON, run in its own process.
 *
 * @param name of the implementation, for tables
 * @param command the program with its fixed arguments
 * @param environment variables on top of those of this process
 * @param log receives its error output
 */
record Program(String name, List<String> command, Map<String, String> environment, Path log) {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** It ended with an error, or printed no result. */
  static final class Failed extends Exception {
    Failed(String message) {
      super(message);
    }
  }

  Program {
    command = List.copyOf(command);
    environment = Map.copyOf(environment);
  }

  /** Runs it with more arguments and reads the last line that it prints. */
  <T> T run(List<String> arguments, Class<T> type) throws Failed {
    String output = output(arguments);
    String line = output.strip().lines().reduce("", (first, second) -> second);
    try {
      return JSON.readValue(line, type);
    } catch (JsonProcessingException e) {
      throw new Failed("no result in its output: " + line);
    }
  }

  /** Runs it with more arguments and returns its output. */
  String output(List<String> arguments) throws Failed {
    List<String> all = new ArrayList<>(command);
    all.addAll(arguments);
    ProcessBuilder builder =
        new ProcessBuilder(all)
            .redirectInput(ProcessBuilder.Redirect.PIPE)
            .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
    // What this JVM was started with is for PEFT4J alone.
    builder.environment().remove("MALLOC_MMAP_THRESHOLD_");
    builder.environment().putAll(environment);
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new Failed(String.valueOf(e.getMessage()));
    }
    try {
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int status = process.waitFor();
      if (status != 0) {
        throw new Failed("exit status " + status + "; see " + log);
      }
      return output;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failed("interrupted");
    } finally {
      process.destroy();
    }
  }
}
