package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.LoraInit;
import org.peft4j.quantization.GroupQuantization;
import org.peft4j.quantization.Quantization;
import org.peft4j.safetensors.DType;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.testing.Mutations;
import org.peft4j.transformers.checkpoint.CheckpointWriter;
import org.peft4j.transformers.family.Families;

/**
 * Checkpoints in fewer bits: what transformers saves with bitsandbytes, GPTQ's and AWQ's layouts,
 * and our own, which transformers reads (checked by {@code reference/check.py}).
 */
class QuantizedFilesTest {
  private static final Path FOLDER = Path.of("src/test/resources/golden/quantized_files");

  private final Path folder;

  QuantizedFilesTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"nf4", "nf4_double", "fp4_skipping", "gptq", "gptq_order", "gptq_8", "awq"})
  void logitsAreThoseOfTheReference(String name) {
    assertThat(difference(name, TransformerOptions.defaults(), "logits")).isLessThan(1e-5);
    assertThat(difference(name, TransformerOptions.defaults().withWidening(true), "logits"))
        .isLessThan(1e-5);
    assertThat(Families.quantization(FOLDER.resolve(name))).isPresent();
  }

  /**
   * transformers rounds inputs to FP16 before, the reference of the formula does not; with numbers
   * for weights nothing is rounded.
   */
  @Test
  void logitsOfLlmInt8AreNearThoseOfTheReference() {
    TransformerOptions plain = TransformerOptions.defaults();
    assertThat(difference("int8", plain, "rounded_logits")).isLessThan(1e-5);
    assertThat(difference("int8", plain, "logits")).isLessThan(1e-2);
    TransformerOptions widening = TransformerOptions.defaults().withWidening(true);
    assertThat(difference("int8", widening, "widened_logits")).isLessThan(1e-5);
    assertThat(difference("int8", widening, "rounded_logits")).isGreaterThan(1e-3);
  }

  private static double difference(String name, TransformerOptions options, String key) {
    Path expected = FOLDER.resolve(name).resolve("expected.safetensors");
    INDArray logits = Golden.floats(expected, key);
    return logits(FOLDER.resolve(name), options).sub(logits).amaxNumber().doubleValue()
        / logits.amaxNumber().doubleValue();
  }

  private static INDArray logits(Path model, TransformerOptions options) {
    INDArray ids = Golden.integers(FOLDER.resolve("nf4/expected.safetensors"), "input_ids");
    try (CausalLanguageModel loaded = Transformers.load(model, options)) {
      return loaded.graph().output(false, ids)[0].dup();
    }
  }

  static Quantization[] written() {
    return new Quantization[] {
      Quantization.nf4(),
      Quantization.fp4().withBlockSize(128),
      Quantization.nf4().withDoubleQuantization(true).withBlockSize(32),
      Quantization.int8(),
      Quantization.llmInt8().withThreshold(1.5),
      Quantization.int4(),
      GroupQuantization.ofBits(4).withGroupSize(8).withZeroPoints(false),
      GroupQuantization.ofBits(8).withGroupSize(16).withSkipModules(List.of("up_proj", "c_fc")),
      GroupQuantization.ofBits(8).withGroupSize(0)
    };
  }

  @ParameterizedTest
  @MethodSource("written")
  void whatIsWrittenIsReadBitForBit(Quantization quantization) {
    for (String base : new String[] {"llama", "gpt2"}) {
      TransformerOptions quantized = TransformerOptions.defaults().withQuantization(quantization);
      try (CausalLanguageModel model = Transformers.load(Golden.base(base), quantized)) {
        CheckpointWriter.of(model).maxShardBytes(9_000).write(folder.resolve(base));
      }
      INDArray read = logits(folder.resolve(base), TransformerOptions.defaults());
      assertThat(read).isEqualTo(logits(Golden.base(base), quantized));
      assertThat(read).isNotEqualTo(logits(Golden.base(base), TransformerOptions.defaults()));
    }
  }

  @Test
  void aCheckpointIsWrittenAsItWasRead() {
    Path copy = folder.resolve("copy");
    try (CausalLanguageModel model = Transformers.load(FOLDER.resolve("nf4_double"))) {
      CheckpointWriter.of(model).write(copy);
    }
    TransformerOptions plain = TransformerOptions.defaults();
    assertThat(logits(copy, plain)).isEqualTo(logits(FOLDER.resolve("nf4_double"), plain));
  }

  /**
   * GPTQ's order of inputs, and AWQ's and GPTQ's codes, are written in the form of this library.
   */
  @ParameterizedTest
  @ValueSource(strings = {"gptq", "gptq_order", "gptq_8", "awq"})
  void integersOfOtherFormsAreWrittenInOurs(String name) {
    TransformerOptions plain = TransformerOptions.defaults();
    try (CausalLanguageModel model = Transformers.load(FOLDER.resolve(name), plain)) {
      CheckpointWriter.of(model).write(folder.resolve("ours"));
      CheckpointWriter.of(model).dtype(DType.F32).write(folder.resolve("numbers"));
    }
    INDArray expected = logits(FOLDER.resolve(name), plain);
    assertThat(logits(folder.resolve("ours"), plain)).isEqualTo(expected);
    assertThat(logits(folder.resolve("ours"), plain.withOffload(true))).isEqualTo(expected);
    assertThat(logits(folder.resolve("numbers"), plain)).isEqualTo(expected);
    assertThat(Families.quantization(folder.resolve("numbers"))).isEmpty();
  }

  /** QA-LoRA: codes and scales stay, offsets move, and the merged checkpoint is in 4 bits. */
  @Test
  void mergedIntegersAreWritten() throws IOException {
    Path base = folder.resolve("base");
    Path merged = folder.resolve("merged");
    Files.move(groups(), base);
    LoraConfig config =
        LoraConfig.builder()
            .targetModules("q_proj", "down_proj")
            .init(LoraInit.RANDOM)
            .qalora(true)
            .qaloraGroupSize(8)
            .build();
    INDArray adapted;
    try (CausalLanguageModel model = Transformers.load(base);
        PeftModel<ComputationGraph> peft = Peft.wrap(model.graph(), config)) {
      INDArray ids = Golden.integers(FOLDER.resolve("nf4/expected.safetensors"), "input_ids");
      adapted = peft.network().output(false, ids)[0].dup();
      CheckpointWriter.of(model).merging(peft).write(merged);
      assertThat(peft.network().output(false, ids)[0]).isEqualTo(adapted);
    }
    INDArray plain = logits(base, TransformerOptions.defaults());
    INDArray read = logits(merged, TransformerOptions.defaults());
    double most = adapted.amaxNumber().doubleValue();
    assertThat(read.sub(adapted).amaxNumber().doubleValue()).isLessThan(1e-5 * most);
    assertThat(plain.sub(adapted).amaxNumber().doubleValue()).isGreaterThan(1e-3 * most);
    assertThat(Families.quantization(merged)).isEqualTo(Families.quantization(base)).isPresent();
    String weight = "model.layers.0.self_attn.q_proj.weight";
    try (TensorSource before = TensorSource.open(base.resolve("model.safetensors"));
        TensorSource after = TensorSource.open(merged.resolve("model.safetensors"))) {
      assertThat(after.buffer(weight)).isEqualTo(before.buffer(weight));
      assertThat(after.buffer(weight + ".scales")).isEqualTo(before.buffer(weight + ".scales"));
      assertThat(after.buffer(weight + ".offsets"))
          .isNotEqualTo(before.buffer(weight + ".offsets"));
    }
    assertThat(Files.size(merged.resolve("model.safetensors")))
        .isEqualTo(Files.size(base.resolve("model.safetensors")));
  }

  /** Plain LoRA changes inputs of a group differently. */
  @Test
  void plainLoraDoesNotMergeIntoIntegers() {
    LoraConfig config = LoraConfig.builder().targetModules("q_proj").init(LoraInit.RANDOM).build();
    TransformerOptions groups = TransformerOptions.defaults().withQuantization(Quantization.int4());
    try (CausalLanguageModel model = Transformers.load(Golden.base("llama"), groups);
        PeftModel<ComputationGraph> peft = Peft.wrap(model.graph(), config)) {
      assertThatThrownBy(
              () -> CheckpointWriter.of(model).merging(peft).write(folder.resolve("merged")))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("takes in only what changes all inputs of a group alike");
      assertThat(folder.resolve("merged")).doesNotExist();
    }
  }

  @Test
  void adaptersMergeIntoNumbersOnly() {
    LoraConfig config = LoraConfig.builder().targetModules("q_proj").init(LoraInit.RANDOM).build();
    Path nf4 = FOLDER.resolve("nf4");
    TransformerOptions plain = TransformerOptions.defaults();
    try (CausalLanguageModel model = Transformers.load(nf4, plain);
        PeftModel<?> peft = Peft.wrap(model.graph(), config)) {
      peft.save(folder.resolve("adapter"));
      assertThatThrownBy(peft::merged)
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("cannot take an adapter in");
    }
    try (CausalLanguageModel model = Transformers.load(nf4, plain.withWidening(true));
        var peft = Peft.load(model.graph(), folder.resolve("adapter"))) {
      INDArray ids = Golden.integers(nf4.resolve("expected.safetensors"), "input_ids");
      INDArray adapted = peft.network().output(false, ids)[0].dup();
      CheckpointWriter.of(model).merging(peft).write(folder.resolve("merged"));
      INDArray merged = logits(folder.resolve("merged"), plain);
      assertThat(merged.sub(adapted).amaxNumber().doubleValue()).isLessThan(1e-5);
      assertThat(Families.quantization(folder.resolve("merged"))).isEmpty();
    }
  }

  @Test
  void aQuantisedCheckpointIsNotQuantisedAgain() {
    TransformerOptions again = TransformerOptions.defaults().withQuantization(Quantization.nf4());
    assertThatThrownBy(() -> Transformers.load(FOLDER.resolve("awq"), again))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("holds its weights in fewer bits already");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "groups | \"bits\" : 4 | \"bits\" : 3 | bits is 3; allowed: 4, 8.",
        "groups | \"group_size\" : 8 | \"group_size\" : 16 | scales has",
        "gptq | \"bits\": 4 | \"bits\": 3 | bits is 3; allowed: 4, 8.",
        "gptq | \"gptq\" | \"hqq\" | quant_method is \"hqq\"; allowed: bitsandbytes, gptq, awq, peft4j.",
        "awq  | \"gemm\" | \"gemv\" | version is \"gemv\"; allowed: gemm.",
        "awq  | \"bits\": 4 | \"bits\": 8 | bits is 8; allowed: 4.",
        "awq  | \"group_size\": 8 | \"group_size\": 16 | qzeros has 20 elements; the weight needs 12",
        "int8 | \"llm_int8_threshold\": 1.5 | \"llm_int8_threshold\": -1 | llm_int8_threshold is -1",
        "nf4  | \"load_in_4bit\": true | \"load_in_4bit\": false | allowed: true, or load_in_8bit true",
        "nf4  | \"quant_method\" | \"new_field\": 1, \"quant_method\" | new_field is 1, an unknown setting"
      })
  void whatAConfigSaysIsDoneOrRefused(String name, String part, String other, String message)
      throws IOException {
    copy(name);
    Path config = folder.resolve("config.json");
    String text = Files.readString(config);
    assertThat(text).contains(part);
    Files.writeString(config, text.replaceFirst(java.util.regex.Pattern.quote(part), other));

    assertThatThrownBy(() -> Transformers.load(folder))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(message);
  }

  private void copy(String name) throws IOException {
    Path source = name.equals("groups") ? groups() : FOLDER.resolve(name);
    for (String file : new String[] {"config.json", "model.safetensors"}) {
      Files.copy(source.resolve(file), folder.resolve(file));
    }
  }

  /** A checkpoint in the form of this library. */
  private Path groups() {
    Path written = folder.resolve("groups");
    TransformerOptions groups =
        TransformerOptions.defaults()
            .withQuantization(GroupQuantization.ofBits(4).withGroupSize(8));
    try (CausalLanguageModel model = Transformers.load(Golden.base("llama"), groups)) {
      CheckpointWriter.of(model).write(written);
    }
    return written;
  }

  @ParameterizedTest
  @CsvSource({"nf4_double, 1", "int8, 2", "gptq_order, 3", "groups, 4"})
  void damagedFilesAreRefusedOrRead(String name, int seed) throws IOException {
    copy(name);
    Path file = folder.resolve("model.safetensors");
    byte[] sound = Files.readAllBytes(file);
    Mutations mutations = new Mutations(seed, Mutations.JSON);
    int inputs = Mutations.inputs(60);
    int read = 0;
    for (int i = 0; i < inputs; i++) {
      Files.write(file, mutations.of(sound));
      read += reads() ? 1 : 0;
    }
    assertThat(read).isLessThan(inputs);
  }

  /** Names and shapes that fit, but another size of blocks, another type of codes. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"blocksize\": 64 | \"blocksize\": 32 | absmax has 20 elements; the weight needs 40",
        "\"blocksize\": 64 | \"blocksize\": 63 | The block size is 63",
        "\"shape\": [32, 32] | \"shape\": [32, 31] | has 512 bytes",
        "\"quant_type\": \"nf4\" | \"quant_type\": \"fp4\" | says that the format is \"fp4\""
      })
  void aStateThatDoesNotFitIsRefused(String part, String other, String message) throws IOException {
    copy("nf4");
    Path file = folder.resolve("model.safetensors");
    String text = Files.readString(file, StandardCharsets.ISO_8859_1);
    assertThat(text).contains(part);
    String changed = text.replaceFirst(java.util.regex.Pattern.quote(part), other);
    Files.writeString(file, changed, StandardCharsets.ISO_8859_1);

    assertThatThrownBy(() -> Transformers.load(folder))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(message);
  }

  private boolean reads() {
    try (CausalLanguageModel model = Transformers.load(folder)) {
      return model != null;
    } catch (PeftException expected) {
      return false;
    }
  }
}
