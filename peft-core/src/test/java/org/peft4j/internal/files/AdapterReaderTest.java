package org.peft4j.internal.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.Initializer;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Tensors;
import org.peft4j.bitfit.BitFitConfig;
import org.peft4j.error.PeftException;
import org.peft4j.internal.graft.Slot;
import org.peft4j.safetensors.DType;
import org.peft4j.safetensors.SafetensorsFile;
import org.peft4j.safetensors.SafetensorsWriter;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.site.SiteParameter;
import org.peft4j.testing.Frozen;
import org.peft4j.testing.Values;

/** A file against what an adapter of two tensors needs: nothing is missing, wrong or left over. */
class AdapterReaderTest {
  private static final Site SITE =
      Site.linear("fc", "fc", 2, 2, List.of(SiteParameter.weight("weight", 2, 2)));
  private static final INDArray W = Values.random(9, 2, 2);
  private static final String A = "base_model.model.fc.a";
  private static final String B = "base_model.model.fc.b";
  private static final String COPY = "base_model.model.tied.a";
  private static final String CONSTANT = "base_model.model.fc.constant";
  private static final String BASE = "base_model.model.fc.base_layer.weight";

  /** Tensors a and b, a second copy of a, and a constant that does not train. */
  private record Both(Site site) implements Adapter {
    @Override
    public List<ParameterSpec> parameters() {
      return List.of(
          ParameterSpec.of("a", Initializer.zeros(), 2, 3),
          ParameterSpec.of("b", Initializer.zeros(), 2));
    }

    @Override
    public Map<String, INDArray> copies(Tensors tensors) {
      return Map.of(COPY, tensors.get("a"));
    }

    @Override
    public Map<String, List<Long>> copyShapes() {
      return Map.of(COPY, List.of(2L, 3L));
    }

    @Override
    public Map<String, Supplier<INDArray>> constants() {
      return Map.of(CONSTANT, () -> Nd4j.createFromArray(new double[] {1, 2}));
    }
  }

  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  private final Map<String, INDArray> tensors = new LinkedHashMap<>();
  private final Slot slot =
      new Slot(
          "default",
          new Both(SITE),
          new Tensors(Map.of("a", Values.zeros(2, 3), "b", Values.zeros(2))));

  AdapterReaderTest() {
    tensors.put(A, Values.random(1, 2, 3));
    tensors.put(B, Values.random(2, 2));
  }

  private void read() {
    Path file = folder.resolve("adapter_model.safetensors");
    TensorFile.write(file, tensors, Map.of());
    readFile(file);
  }

  private void readFile(Path file) {
    try (TensorSource source = SafetensorsFile.open(file)) {
      new AdapterReader(source, List.of(slot.adapter()), Frozen.of(SITE, W)).read(List.of(slot));
    }
  }

  private void assertRefused(String... parts) {
    assertThatThrownBy(this::read)
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("adapter_model.safetensors is not an adapter of this config for")
        .hasMessageContainingAll(parts);
    assertThat(slot.values().get("a")).isEqualTo(Values.zeros(2, 3));
    assertThat(slot.values().get("b")).isEqualTo(Values.zeros(2));
  }

  @Test
  void valuesAreReadByTheirKeys() {
    read();

    assertThat(slot.values().get("a")).isEqualTo(Values.random(1, 2, 3));
    assertThat(slot.values().get("b")).isEqualTo(Values.random(2, 2));
  }

  @Test
  void allThatIsMissingOrUnexpectedIsToldBeforeAnyValueIsRead() {
    tensors.remove(A);
    tensors.put("base_model.model.fc.c", Values.zeros(2));
    tensors.put(B, Values.random(2, 3));

    assertRefused(
        "missing " + A,
        "unexpected base_model.model.fc.c, nearest to it: a (1 site), b (1 site)",
        B + " has the shape [3]; this model's is [2]");
  }

  @Test
  void aLongListIsCutAfterEight() {
    for (int i = 0; i < 10; i++) {
      tensors.put("more." + i, Values.zeros(1));
    }

    assertRefused("more.6, more.7 and 2 more");
  }

  @Test
  void wholeNumbersAreNoValues() {
    Path file = folder.resolve("adapter_model.safetensors");
    SafetensorsWriter.to(file)
        .tensor(A, DType.F64, 2, 3)
        .tensor(B, DType.I64, 2)
        .write(
            sink -> {
              sink.writeBytes(A, ByteBuffer.allocate(48));
              sink.writeBytes(B, ByteBuffer.allocate(16));
            });

    assertThatThrownBy(() -> readFile(file))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(B + " is of the type I64; a floating type is needed");
  }

  @Test
  void whatIsNotFiniteIsBroken() {
    tensors.put(B, Nd4j.createFromArray(new double[] {1, Double.POSITIVE_INFINITY}));

    assertThatThrownBy(this::read)
        .isInstanceOf(PeftException.class)
        .hasMessageEndingWith(B + " has infinite or NaN values; the adapter is broken.");
  }

  @Test
  void aSecondCopyMayBeThereAndThenIsTheSame() {
    tensors.put(COPY, Values.random(1, 2, 3));
    assertThatCode(this::read).doesNotThrowAnyException();

    tensors.put(COPY, Values.random(5, 2, 3));
    assertThatThrownBy(this::read)
        .isInstanceOf(PeftException.class)
        .hasMessageEndingWith(COPY + " is a copy of a tensor that shares its weight, but differs.");
    tensors.put(COPY, Values.zeros(3, 2));
    assertThatThrownBy(this::read).hasMessageContaining("but differs");
  }

  @Test
  void aConstantMayBeThereAndThenHasItsValues() {
    tensors.put(CONSTANT, Nd4j.createFromArray(new double[] {1, 2.0001}));
    assertThatCode(this::read).doesNotThrowAnyException();
    slot.values().asMap().values().forEach(array -> array.assign(0));

    tensors.put(CONSTANT, Nd4j.createFromArray(new double[] {1, 3}));
    assertRefused(
        CONSTANT + " has other values than the config or the encoder gives: it was changed");
    tensors.put(CONSTANT, Values.zeros(3));
    assertRefused(CONSTANT + " has the shape [3]; it must be [2]");
  }

  @Test
  void aSavedBaseWeightMustBeThisModels() {
    tensors.put(BASE, W.dup());
    assertThatCode(this::read).doesNotThrowAnyException();
    slot.values().asMap().values().forEach(array -> array.assign(0));

    tensors.put(BASE, W.add(1e-9));
    assertRefused(
        BASE
            + " is a copy of a base model's weight, but not of this one's: the adapter was trained"
            + " on another base model, or on one with more tokens");
    tensors.put(BASE, Values.zeros(3, 2));
    assertRefused("or on one with more tokens");
  }

  @Test
  void theSizeOfAFileIsKnownBeforeItIsWritten() throws IOException {
    Path file = folder.resolve("size.safetensors");
    tensors.put(COPY, Values.random(1, 2, 3));

    TensorFile.write(file, tensors, AdapterWriter.sampleMetadata(false));

    // The constant has a value, but says no shape: it is not written.
    assertThat(AdapterFileSize.of(List.of(slot.adapter()), DataType.DOUBLE))
        .isEqualTo(Files.size(file));
  }

  @Test
  void anEncoderIsAFileOfItsOwnAndCounts() throws IOException {
    Site prompt = Site.place("prompt", "prompt", SiteKind.PROMPT, 0, 10);
    Adapter encoded = new EncodedTestAdapter(prompt);
    Tensors values = new Tensors(Map.of(EncodedTestAdapter.ENCODER, Values.random(1, 10)));
    BitFitConfig config = BitFitConfig.builder().build();

    AdapterWriter.write(
        folder, config, Optional.empty(), List.of(new Slot("default", encoded, values)), Map.of());

    long written =
        Files.size(folder.resolve(AdapterFiles.WEIGHTS))
            + Files.size(folder.resolve(AdapterFiles.ENCODER));
    assertThat(AdapterFileSize.of(List.of(encoded), DataType.DOUBLE)).isEqualTo(written);
    assertThat(AdapterFiles.hasEncoder(folder)).isTrue();
  }
}
