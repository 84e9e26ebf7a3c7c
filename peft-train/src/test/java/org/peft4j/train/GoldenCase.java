package org.peft4j.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.testing.QuantizationJson;
import org.peft4j.testing.ReferenceFiles;
import org.peft4j.train.data.TokenizedFile;
import org.peft4j.train.data.TrainingData;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.family.Families;

/**
 * Reference results of Hugging Face PEFT: a base, its adapters, a batch and what training gives.
 */
record GoldenCase(Path folder, JsonNode json) {
  static final Path FOLDER = Path.of("../peft-transformers/src/test/resources/golden");

  /** Cases of other tests: of methods that are not here, or with more than a batch and labels. */
  private static final List<String> ELSEWHERE =
      List.of(
          "weighted/",
          "per_row/",
          "eva/",
          "multitask_prompt_tuning/",
          "mixed/lora_then_ia3",
          "trainer/",
          "preferences/",
          "vectors/");

  static GoldenCase named(String name) {
    Path folder = FOLDER.resolve(name);
    try {
      return new GoldenCase(
          folder, JsonMapper.builder().build().readTree(folder.resolve("case.json").toFile()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The cases that have a training; by name, see the property {@code peft4j.golden}. */
  static List<String> names() {
    try (Stream<Path> folders = Files.walk(FOLDER, 2)) {
      return folders
          .filter(f -> Files.exists(f.resolve("case.json")))
          .map(f -> FOLDER.relativize(f).toString().replace('\\', '/'))
          .filter(name -> ELSEWHERE.stream().noneMatch(name::startsWith))
          .filter(Pattern.compile(System.getProperty("peft4j.golden", "")).asPredicate())
          .filter(name -> !named(name).expectedNames("losses_adamw").isEmpty())
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  TransformerModel base() {
    return base(options -> options);
  }

  /** The base, loaded with other options. */
  TransformerModel base(UnaryOperator<TransformerOptions> change) {
    return Transformers.open(baseFolder(), change.apply(options()));
  }

  private Path baseFolder() {
    return FOLDER.resolve("bases").resolve(json.path("base").asText());
  }

  /** A case's base may be in fewer bits. */
  private TransformerOptions options() {
    TransformerOptions plain = TransformerOptions.defaults().withInterpolatedPositions(true);
    JsonNode bits = json.path("quantization");
    return bits.isMissingNode() ? plain : plain.withQuantization(QuantizationJson.read(bits));
  }

  List<String> adapters() {
    List<String> names = new ArrayList<>();
    json.path("adapters").forEach(name -> names.add(name.asText()));
    return names;
  }

  PeftModel<ComputationGraph> wrap(TransformerModel base) {
    PeftModel<ComputationGraph> model = Peft.bare(base.graph(), 0);
    for (String name : adapters()) {
      boolean single = Files.exists(folder.resolve("adapter"));
      model.loadAdapter(name, folder.resolve(single ? "adapter" : "adapters/" + name));
    }
    model.setActive(adapters());
    return model;
  }

  /** Whether its adapter's parameters are an encoder's. */
  boolean hasEncoder() {
    return Files.exists(folder.resolve("adapter/encoder.safetensors"));
  }

  TrainingData data() {
    return TokenizedFile.read(folder.resolve("inputs.safetensors"), Families.read(baseFolder()));
  }

  /** The batch of a model that reads pictures; empty for others. */
  Optional<GoldenPictures> pictures() {
    ModelArchitecture model = Families.read(baseFolder());
    return model.pictures().isPresent()
        ? Optional.of(new GoldenPictures(folder.resolve("inputs.safetensors"), model))
        : Optional.empty();
  }

  /** A tensor of the reference. */
  INDArray expected(String name) {
    TensorSource source = ReferenceFiles.of(folder.resolve("expected.safetensors"));
    TensorInfo info = source.tensor(name);
    if (info.elementCount() == 0) {
      return Nd4j.empty(DataType.FLOAT);
    }
    float[] values = new float[(int) info.elementCount()];
    source.readFloats(name, 0, values, 0, values.length);
    return Nd4j.createFromArray(values)
        .reshape('c', info.shape().stream().mapToLong(Long::longValue).toArray());
  }

  /** The names of the reference's tensors that begin with {@code prefix}, without it. */
  List<String> expectedNames(String prefix) {
    return ReferenceFiles.of(folder.resolve("expected.safetensors")).tensors().keySet().stream()
        .filter(name -> name.startsWith(prefix))
        .map(name -> name.substring(prefix.length()))
        .toList();
  }
}
