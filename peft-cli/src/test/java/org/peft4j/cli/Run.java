package org.peft4j.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
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
