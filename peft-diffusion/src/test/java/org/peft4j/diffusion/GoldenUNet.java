package org.peft4j.diffusion;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.safetensors.DType;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;

/** Reference results of diffusers and Hugging Face PEFT: a UNet, its adapter, and a batch. */
record GoldenUNet(Path folder, JsonNode json) {
  private static final Path FOLDER = Path.of("src/test/resources/golden");

  static GoldenUNet named(String name) {
    Path folder = FOLDER.resolve(name);
    try {
      return new GoldenUNet(
          folder, JsonMapper.builder().build().readTree(folder.resolve("case.json").toFile()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Path base(String name) {
    return FOLDER.resolve("bases").resolve(name);
  }

  /** All cases in whose names the property {@code peft4j.golden} is found. */
  static List<String> names() {
    try (Stream<Path> folders = Files.list(FOLDER)) {
      return folders
          .filter(each -> Files.exists(each.resolve("adapter")))
          .map(each -> each.getFileName().toString())
          .filter(Pattern.compile(System.getProperty("peft4j.golden", "")).asPredicate())
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  UNet open(DiffusionOptions options) {
    return Diffusion.loadUNet(base(json.path("base").asText()), options);
  }

  Path adapter() {
    return folder.resolve("adapter");
  }

  INDArray input(String name) {
    return read(folder.resolve("inputs.safetensors"), name);
  }

  INDArray expected(String name) {
    return read(folder.resolve("expected.safetensors"), name);
  }

  /** The names of the reference's tensors that begin with {@code prefix}, without it. */
  List<String> expectedNames(String prefix) {
    try (TensorSource source = TensorSource.open(folder.resolve("expected.safetensors"))) {
      return source.tensors().keySet().stream()
          .filter(name -> name.startsWith(prefix))
          .map(name -> name.substring(prefix.length()))
          .toList();
    }
  }

  /** What the graph takes: sample, time steps and the text's states. */
  INDArray[] inputs() {
    INDArray steps = input("timestep");
    return new INDArray[] {
      input("sample"), steps.reshape(steps.length(), 1), input("encoder_hidden_states")
    };
  }

  /** Sets inputs and target. */
  void set(ComputationGraph network) {
    network.setInputs(inputs());
    network.setLabels(input("target"));
  }

  static INDArray read(Path file, String name) {
    try (TensorSource source = TensorSource.open(file)) {
      TensorInfo info = source.tensor(name);
      float[] values = new float[(int) info.elementCount()];
      if (info.dtype() == DType.I64) {
        long[] whole = new long[values.length];
        source.readLongs(name, 0, whole, 0, whole.length);
        for (int i = 0; i < whole.length; i++) {
          values[i] = whole[i];
        }
      } else {
        source.readFloats(name, 0, values, 0, values.length);
      }
      long[] shape = info.shape().stream().mapToLong(Long::longValue).toArray();
      return Nd4j.createFromArray(values).reshape('c', shape);
    }
  }
}
