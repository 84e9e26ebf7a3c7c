package org.peft4j.diffusion.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;
import org.peft4j.PeftModel;
import org.peft4j.diffusion.DiffusionOptions;
import org.peft4j.diffusion.file.LoraFile;
import org.peft4j.diffusion.training.NoiseBatch;
import org.peft4j.diffusion.training.NoisePrediction;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraConfig;
import org.peft4j.safetensors.DType;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.train.optimizer.AdamW;
import org.peft4j.train.optimizer.ParameterRates;
import org.peft4j.train.optimizer.Update;

/** A UNet and its text encoder train together as diffusers, transformers and PEFT train them. */
class JointAdaptersTest {
  private static final Path RESOURCES = Path.of("src", "test", "resources");
  private static final Path GOLDEN = RESOURCES.resolve("text-encoder");
  private static final Path INPUTS = GOLDEN.resolve("inputs.safetensors");
  private static final Path EXPECTED = GOLDEN.resolve("expected.safetensors");
  private static final double TOLERANCE = 1e-5;

  /** A gradient of less than this part of the largest may be rounding, which Adam enlarges. */
  private static final double NOISE = 1e-3;

  private static Path model;

  @BeforeAll
  static void make(@TempDir Path folder) throws IOException {
    model = folder.resolve("model");
    copy(RESOURCES.resolve("golden/bases/sd1"), model);
    copy(RESOURCES.resolve("prompts/tokenizer"), model.resolve("tokenizer"));
    copy(RESOURCES.resolve("prompts/text_encoder"), model.resolve("text_encoder"));
    Path scheduler = Files.createDirectory(model.resolve("scheduler"));
    Files.copy(
        RESOURCES.resolve("noise-schedules/stable_diffusion_1/scheduler_config.json"),
        scheduler.resolve("scheduler_config.json"));
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path target = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target);
        }
      }
    }
  }

  private static StableDiffusion open(DiffusionOptions options) {
    return StableDiffusion.load(model, options);
  }

  private static INDArray read(Path file, String name) {
    try (TensorSource source = TensorSource.open(file)) {
      TensorInfo info = source.tensor(name);
      long[] shape = info.shape().stream().mapToLong(Long::longValue).toArray();
      int count = (int) info.elementCount();
      if (info.dtype() == DType.I64) {
        long[] whole = new long[count];
        source.readLongs(name, 0, whole, 0, count);
        return Nd4j.createFromArray(whole).castTo(DataType.INT32).reshape('c', shape);
      }
      float[] values = new float[count];
      source.readFloats(name, 0, values, 0, count);
      return Nd4j.createFromArray(values).reshape('c', shape);
    }
  }

  private static INDArray expected(String name) {
    return read(EXPECTED, name);
  }

  private static NoiseBatch batch() {
    return new NoiseBatch(
        read(INPUTS, "sample"),
        read(INPUTS, "timestep").castTo(DataType.FLOAT).reshape(2, 1),
        read(INPUTS, "input_ids"),
        read(INPUTS, "target"),
        Nd4j.ones(DataType.FLOAT, 2, 1));
  }

  private static void assertNear(INDArray actual, INDArray wanted, double tolerance, String what) {
    assertThat(actual.sub(wanted).amaxNumber().doubleValue() / wanted.amaxNumber().doubleValue())
        .as(what)
        .isLessThan(tolerance);
  }

  private static INDArray sample(StableDiffusion opened) {
    INDArray states =
        opened.textEncoder().network().output(false, read(INPUTS, "input_ids"))[0].dup('c');
    NoiseBatch batch = batch();
    return opened.unet().predict(batch.sample(), batch.steps(), states);
  }

  /** The values of both adapters, or their gradients, by the reference's names. */
  private static Map<String, INDArray> named(PeftModel<ComputationGraph> both, boolean gradients) {
    Map<String, INDArray> all = new HashMap<>();
    for (String part : List.of("unet", "text_encoder")) {
      var adapter = both.adapter(part.equals("unet") ? "default" : part);
      (gradients ? adapter.gradients() : adapter.tensors())
          .forEach((key, value) -> all.put(part + "." + key, value));
    }
    return all;
  }

  private static List<String> names(String prefix) {
    try (TensorSource source = TensorSource.open(EXPECTED)) {
      return source.tensors().keySet().stream()
          .filter(name -> name.startsWith(prefix))
          .map(name -> name.substring(prefix.length()))
          .toList();
    }
  }

  /** With and without checkpointing: the gradient goes through the text's states. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void lossGradientsAndStepsAreTheReferences(boolean checkpointing) {
    DiffusionOptions options = DiffusionOptions.defaults().withGradientCheckpointing(checkpointing);
    try (StableDiffusion opened = open(options);
        PeftModel<ComputationGraph> both = JointAdapters.load(opened, GOLDEN.resolve("adapter"))) {
      NoisePrediction objective = new NoisePrediction();
      assertNear(
          Nd4j.scalar(objective.loss(both, batch()).value()), expected("loss"), TOLERANCE, "loss");
      INDArray losses = expected("losses_adamw");
      try (AdamW optimizer = new AdamW(both.network().params())) {
        for (int step = 1; step <= losses.length(); step++) {
          double loss = objective.gradients(both, batch()).value();
          assertThat(Math.abs(loss / losses.getDouble(step - 1) - 1))
              .as("loss %d", step)
              .isLessThan(TOLERANCE);
          if (step == 1) {
            Map<String, INDArray> gradients = named(both, true);
            assertThat(gradients.keySet()).containsExactlyInAnyOrderElementsOf(names("grad."));
            gradients.forEach(
                (key, value) -> assertNear(value, expected("grad." + key), TOLERANCE, key));
          }
          optimizer.update(
              new Update(
                  step,
                  both.network().params(),
                  both.network().gradient().gradient(),
                  0.01,
                  ParameterRates.uniform(0.1)));
        }
      }
      Map<String, INDArray> trained = named(both, false);
      for (String key : names("after_adamw.")) {
        INDArray wanted = expected("after_adamw." + key);
        INDArray gradient = Transforms.abs(expected("grad." + key));
        INDArray determined =
            gradient.gt(NOISE * gradient.maxNumber().doubleValue()).castTo(DataType.FLOAT);
        INDArray difference = Objects.requireNonNull(trained.get(key)).sub(wanted).muli(determined);
        assertThat(difference.amaxNumber().doubleValue() / wanted.amaxNumber().doubleValue())
            .as(key)
            .isLessThan(5 * TOLERANCE);
      }
    }
  }

  /** PEFT's folders, diffusers' file with names of today and of before, and kohya's. */
  @ParameterizedTest
  @ValueSource(strings = {"adapter", "diffusers", "former", "kohya/both.safetensors"})
  void adaptersOfBothAreReadInEveryForm(String form) {
    try (StableDiffusion opened = open(DiffusionOptions.defaults())) {
      opened.adapt(GOLDEN.resolve(form));
      assertNear(sample(opened), expected("sample"), TOLERANCE, form);
      assertThat(JointAdapters.hasText(opened, GOLDEN.resolve(form))).isTrue();
    }
  }

  @Test
  void bothAreSavedInBothForms(@TempDir Path folder) {
    try (StableDiffusion opened = open(DiffusionOptions.defaults());
        PeftModel<ComputationGraph> both =
            JointAdapters.load(opened, GOLDEN.resolve("diffusers"))) {
      both.save(folder.resolve("peft"));
      JointAdapters.saveForDiffusers(both, folder.resolve("diffusers"));
    }
    Path written = folder.resolve("diffusers").resolve(LoraFile.NAME);
    Path reference = GOLDEN.resolve("diffusers").resolve(LoraFile.NAME);
    try (TensorSource own = TensorSource.open(written);
        TensorSource theirs = TensorSource.open(reference)) {
      assertThat(new TreeSet<>(own.tensors().keySet()))
          .isEqualTo(new TreeSet<>(theirs.tensors().keySet()));
      for (String key : theirs.tensors().keySet()) {
        assertThat(read(written, key)).as(key).isEqualTo(read(reference, key));
      }
    }
    assertThat(folder.resolve("peft/text_encoder/adapter_config.json")).exists();
    for (String form : List.of("peft", "diffusers")) {
      try (StableDiffusion opened = open(DiffusionOptions.defaults())) {
        opened.adapt(folder.resolve(form));
        assertNear(sample(opened), expected("sample"), TOLERANCE, form);
      }
    }
  }

  @Test
  void wordsForTargetsMeanTheModulesOfTheirModel() {
    LoraConfig all = LoraConfig.builder().rank(2).targetAllLinear().build();
    try (StableDiffusion opened = open(DiffusionOptions.defaults());
        PeftModel<ComputationGraph> both = JointAdapters.wrap(opened, all, all, 3)) {
      assertThat(both.active()).containsExactly("default", "text_encoder");
      assertThat(both.adapter("text_encoder").tensors().keySet())
          .allMatch(key -> key.startsWith("base_model.model.encoder.layers."))
          .anyMatch(key -> key.contains("mlp.fc2"));
      assertThat(both.adapter("default").tensors().keySet())
          .noneMatch(key -> key.contains("encoder.layers"))
          .anyMatch(key -> key.contains("to_out.0"));
    }
  }

  @Test
  void anAdapterOfTheUNetAloneIsNoneOfBoth() {
    Path alone = RESOURCES.resolve("golden/attention/adapter");
    try (StableDiffusion opened = open(DiffusionOptions.defaults())) {
      assertThat(JointAdapters.hasText(opened, alone)).isFalse();
      assertThatThrownBy(() -> JointAdapters.load(opened, alone))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("has no adapter of the text encoder");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "StableDiffusionXLPipeline, Stable Diffusion XL",
    "StableDiffusion3Pipeline, Stable Diffusion 3",
    "FluxPipeline, Flux"
  })
  void otherModelsAreRefusedByTheirNames(String pipeline, String name, @TempDir Path other)
      throws IOException {
    Files.writeString(other.resolve("model_index.json"), "{\"_class_name\": \"" + pipeline + "\"}");
    assertThatThrownBy(() -> StableDiffusion.load(other, DiffusionOptions.defaults()))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("is of " + name + " (" + pipeline + "), which is not supported")
        .hasMessageContaining("Supported: ");
  }
}
