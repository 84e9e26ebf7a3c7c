package org.peft4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.peft4j.internal.json.JsonReader;
import org.peft4j.safetensors.SafetensorsFile;
import org.peft4j.safetensors.TensorSource;

/** A run of the command in this JVM. */
record Run(int status, String out, String err) {
  static final Path GOLDEN =
      Path.of(System.getProperty("basedir", "."))
          .resolve("../peft-transformers/src/test/resources/golden")
          .normalize();

  /** A tiny base model, without a tokenizer. */
  static final Path LLAMA = GOLDEN.resolve("bases/llama");

  /** An adapter for {@link #LLAMA} with inputs and expected results. */
  static final Path CASE = GOLDEN.resolve("llama_qv");

  static final Path ADAPTER = CASE.resolve("adapter");
  static final Path INPUTS = CASE.resolve("inputs.safetensors");

  static Run of(Object... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int status =
        Main.run(
            new PrintWriter(out, true),
            new PrintWriter(err, true),
            Arrays.stream(arguments).map(Object::toString).toArray(String[]::new));
    return new Run(status, out.toString(), err.toString());
  }

  /** Arguments, and more of them. */
  static Object[] with(Object[] first, Object... more) {
    return Stream.concat(Arrays.stream(first), Arrays.stream(more)).toArray();
  }

  /** The values of a field in the lines that a training wrote: its losses, or those of others. */
  static double[] numbers(Path output, String field) throws IOException {
    JsonReader reader = JsonReader.upTo(1 << 16, 1 << 16);
    return Files.readAllLines(output.resolve("metrics.jsonl")).stream()
        .map(line -> reader.tryParse(line).orElseThrow())
        .filter(line -> line.has(field))
        .mapToDouble(line -> line.get(field).asDouble())
        .toArray();
  }

  /** The tensors of a saved adapter. */
  static Map<String, float[]> tensors(Path adapter) {
    Map<String, float[]> tensors = new TreeMap<>();
    try (TensorSource file = SafetensorsFile.open(adapter.resolve("adapter_model.safetensors"))) {
      for (String name : file.tensors().keySet()) {
        float[] values = new float[(int) file.tensor(name).elementCount()];
        file.readFloats(name, 0, values, 0, values.length);
        tensors.put(name, values);
      }
    }
    return tensors;
  }
}
