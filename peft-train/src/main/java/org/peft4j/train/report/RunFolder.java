package org.peft4j.train.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.peft4j.error.PeftException;
import org.peft4j.internal.json.JsonReader;

/**
 * What a run has left in its folder.
 *
 * @param name of the folder
 * @param curves of {@code metrics.jsonl}, by the names of its fields; numbers that are not finite
 *     are left out
 * @param options the options of {@code run.yaml} that have a value; empty if there is no such file
 * @param samples of {@code samples.json}; none if there is no such file
 */
record RunFolder(String name, Map<String, Curve> curves, String options, List<Sample> samples) {
  private static final JsonReader LINE = JsonReader.upTo(1 << 16, 1 << 16);
  private static final JsonReader FILE = JsonReader.upTo(1 << 24, 1 << 20);
  private static final long LONGEST_OPTIONS = 1 << 20;

  /** A text before and after the training. */
  record Sample(String prompt, String before, String after) {}

  /**
   * Reads a folder.
   *
   * @throws PeftException if it has no metrics
   */
  static RunFolder read(Path folder) {
    Path metrics = folder.resolve("metrics.jsonl");
    if (!Files.isRegularFile(metrics)) {
      throw new PeftException(
          "There is no metrics.jsonl in " + folder + "; give the --output folder of a training.");
    }
    try {
      Map<String, Curve> curves = curves(metrics);
      if (curves.isEmpty()) {
        throw new PeftException(metrics + " has no metrics of a step.");
      }
      Path options = folder.resolve("run.yaml");
      boolean known = Files.isRegularFile(options) && Files.size(options) <= LONGEST_OPTIONS;
      return new RunFolder(
          String.valueOf(folder.toAbsolutePath().normalize().getFileName()),
          curves,
          known ? set(Files.readString(options)) : "",
          samples(folder.resolve("samples.json")));
    } catch (IOException | UncheckedIOException e) {
      throw new PeftException("Cannot read the run in " + folder + ": " + e + ".", e);
    }
  }

  /** Without the comments, which are options that have no value. */
  private static String set(String yaml) {
    return yaml.lines()
        .filter(line -> !line.startsWith("#"))
        .collect(Collectors.joining("\n", "", "\n"));
  }

  /** The steps that were made. */
  double steps() {
    return curves.values().stream()
        .mapToDouble(curve -> curve.steps().get(curve.steps().size() - 1))
        .max()
        .orElse(0);
  }

  private static Map<String, Curve> curves(Path metrics) throws IOException {
    Map<String, List<Double>> steps = new LinkedHashMap<>();
    Map<String, List<Double>> values = new LinkedHashMap<>();
    try (Stream<String> lines = Files.lines(metrics)) {
      // A crash may have cut the last line.
      lines
          .flatMap(line -> LINE.tryParse(line).stream())
          .filter(json -> json.path("step").isNumber())
          .forEach(
              json ->
                  json.properties().stream()
                      .filter(field -> isValue(field.getKey(), field.getValue()))
                      .forEach(
                          field -> {
                            steps
                                .computeIfAbsent(field.getKey(), name -> new ArrayList<>())
                                .add(json.path("step").doubleValue());
                            values
                                .computeIfAbsent(field.getKey(), name -> new ArrayList<>())
                                .add(field.getValue().doubleValue());
                          }));
    }
    Map<String, Curve> curves = new LinkedHashMap<>();
    steps.forEach(
        (name, all) -> curves.put(name, new Curve(all, values.getOrDefault(name, List.of()))));
    return curves;
  }

  private static boolean isValue(String name, JsonNode value) {
    return !name.equals("step") && value.isNumber() && Double.isFinite(value.doubleValue());
  }

  private static List<Sample> samples(Path file) {
    List<Sample> samples = new ArrayList<>();
    if (Files.isRegularFile(file)) {
      FILE.read(file)
          .forEach(
              each ->
                  samples.add(
                      new Sample(
                          each.path("prompt").asText(),
                          each.path("before").asText(),
                          each.path("after").asText())));
    }
    return samples;
  }
}
