package org.peft4j.transformers;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.testing.QuantizationJson;
import org.peft4j.testing.ReferenceFiles;

/** Reference results of Hugging Face transformers. */
public final class Golden {
  private static final Path FOLDER = Path.of("src/test/resources/golden");

  /** Folders whose cases are another test's, and methods that are not here. */
  private static final List<String> NOT_PARITY =
      List.of(
          "weighted/",
          "per_row/",
          "eva/",
          "resized",
          "optimizers/",
          "mixed/lora_then_ia3",
          "stories260k_wizard",
          "embeddings",
          "trainer/",
          "preferences/",
          "vectors/",
          "predictions",
          "vision/");

  private Golden() {}

  /** A checkpoint folder. */
  public static Path base(String name) {
    return FOLDER.resolve("bases").resolve(name);
  }

  /** The model in {@link #base}. */
  public static TransformerModel open(String base) {
    return Transformers.open(base(base), TransformerOptions.defaults());
  }

  /**
   * The model of a case, whose base may be in fewer bits, with a second input where its batch has
   * types of tokens.
   */
  static TransformerModel open(JsonNode golden, GoldenInputs inputs) {
    TransformerOptions plain =
        TransformerOptions.defaults()
            .withTokenTypes(inputs.typed())
            .withInterpolatedPositions(inputs.anySize());
    JsonNode bits = golden.path("quantization");
    TransformerOptions options =
        bits.isMissingNode() ? plain : plain.withQuantization(QuantizationJson.read(bits));
    return Transformers.open(base(golden.path("base").asText()), options);
  }

  /**
   * The relative difference of logits where there is a token; what padding gives has no meaning.
   *
   * @param expected of sequences, [batch, labels], or of tokens, those of virtual tokens before
   */
  public static double logitsError(INDArray actual, INDArray expected, INDArray mask) {
    double largest = expected.amaxNumber().doubleValue();
    if (expected.rank() == 2) {
      return actual.sub(expected).amaxNumber().doubleValue() / largest;
    }
    long before = expected.size(1) - mask.size(1);
    double difference = 0;
    for (int b = 0; b < mask.size(0); b++) {
      for (int t = 0; t < mask.size(1); t++) {
        if (mask.getInt(b, t) == 1) {
          INDArray d = actual.slice(b).slice(t).sub(expected.slice(b).slice(t + before));
          difference = Math.max(difference, d.amaxNumber().doubleValue());
        }
      }
    }
    return difference / largest;
  }

  public static Path folder(String caseName) {
    return FOLDER.resolve(caseName);
  }

  /**
   * The names of all adapter cases, {@code folder/case} where they lie in a folder; of those in
   * which the property {@code peft4j.golden}, a regular expression, is found.
   */
  public static List<String> cases() {
    try (Stream<Path> folders = Files.walk(FOLDER, 2)) {
      return folders
          .filter(f -> Files.exists(f.resolve("adapter")) || Files.exists(f.resolve("adapters")))
          .map(f -> FOLDER.relativize(f).toString().replace('\\', '/'))
          .filter(name -> NOT_PARITY.stream().noneMatch(name::startsWith))
          .filter(Pattern.compile(System.getProperty("peft4j.golden", "")).asPredicate())
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether a file has that tensor. */
  public static boolean has(Path file, String name) {
    return read(file, source -> source.tensors().containsKey(name));
  }

  public static INDArray floats(Path file, String name) {
    return read(file, source -> floats(source, name));
  }

  static INDArray floats(TensorSource source, String name) {
    TensorInfo info = source.tensor(name);
    float[] values = new float[(int) info.elementCount()];
    source.readFloats(name, 0, values, 0, values.length);
    return Nd4j.createFromArray(values).reshape('c', shape(info));
  }

  /** Values of the type F64, without rounding. */
  public static INDArray doubles(Path file, String name) {
    try (TensorSource source = TensorSource.open(file)) {
      TensorInfo info = source.tensor(name);
      double[] values = new double[(int) info.elementCount()];
      source.buffer(name).order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer().get(values);
      return Nd4j.createFromArray(values).reshape('c', shape(info));
    }
  }

  public static INDArray integers(Path file, String name) {
    return read(
        file,
        source -> {
          TensorInfo info = source.tensor(name);
          long[] values = new long[(int) info.elementCount()];
          source.readLongs(name, 0, values, 0, values.length);
          return Nd4j.createFromArray(values).reshape('c', shape(info));
        });
  }

  private static <T> T read(Path file, Function<TensorSource, T> use) {
    if (file.startsWith(FOLDER)) {
      return use.apply(ReferenceFiles.of(file));
    }
    try (TensorSource source = TensorSource.open(file)) {
      return use.apply(source);
    }
  }

  private static long[] shape(TensorInfo info) {
    return info.shape().stream().mapToLong(Long::longValue).toArray();
  }
}
