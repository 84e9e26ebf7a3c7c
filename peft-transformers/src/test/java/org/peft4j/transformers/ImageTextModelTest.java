package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.internal.files.TensorFile;
import org.peft4j.lora.LoraConfig;
import org.peft4j.prompt.prefix.PrefixTuningConfig;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.transformers.checkpoint.CheckpointWriter;

/** A model of texts and pictures compares them, is adapted, saved and found again. */
class ImageTextModelTest {
  private static final LoraConfig LORA =
      LoraConfig.builder().rank(2).alpha(4).targetModules("q_proj", "v_proj").build();

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path folder;

  private static INDArray floats(String file, String name) {
    return Golden.floats(Golden.folder("vision/clip").resolve(file + ".safetensors"), name);
  }

  private static INDArray ids() {
    Path file = Golden.folder("vision/clip").resolve("inputs.safetensors");
    return Golden.integers(file, "input_ids");
  }

  private static double error(INDArray actual, INDArray expected) {
    return actual.sub(expected).amaxNumber().doubleValue() / expected.amaxNumber().doubleValue();
  }

  private static Set<String> keys(Path file) {
    try (TensorSource source = TensorSource.open(file)) {
      return new TreeSet<>(source.tensors().keySet());
    }
  }

  @Test
  void aPrefixIsRefusedByName() {
    try (TransformerModel model = Golden.open("clip_text")) {
      PrefixTuningConfig prefix = PrefixTuningConfig.builder().virtualTokens(2).build();

      assertThatThrownBy(() -> Peft.wrap(model.graph(), prefix))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("does not begin with token embeddings that take virtual tokens");
    }
  }

  @Test
  void morePicturesThanTextsAreComparedAsTheReferenceDoes() {
    try (ImageTextModel model = ImageTextModel.load(Golden.base("clip"))) {
      ImageTextModel.Match match = model.match(ids(), null, floats("inputs", "pixel_values"));

      assertThat(error(match.logitsPerText(), floats("expected", "logits_per_text")))
          .isLessThan(1e-5);
      assertThat(error(match.pictureVectors(), floats("expected", "image_embeds")))
          .isLessThan(1e-5);
      assertThat(error(match.textVectors(), floats("expected", "text_embeds"))).isLessThan(1e-5);
      INDArray shares = match.textProbabilities();
      assertThat(shares.shape()).containsExactly(3, 2);
      for (int picture = 0; picture < 3; picture++) {
        double first = floats("expected", "logits_per_image").getDouble(picture, 0);
        double second = floats("expected", "logits_per_image").getDouble(picture, 1);
        assertThat(shares.getDouble(picture, 0) / shares.getDouble(picture, 1))
            .isCloseTo(
                Math.exp(first - second), org.assertj.core.api.Assertions.withinPercentage(1e-2));
      }
    }
  }

  @Test
  void anAdapterNamesNoTaskAndIsFoundAgain() throws IOException {
    INDArray pixels = Nd4j.rand(2, 3, 20, 20).subi(0.5);
    INDArray numbers = Nd4j.createFromArray(new int[][] {{0}, {1}});
    MultiDataSet batch = new MultiDataSet(new INDArray[] {ids(), pixels}, new INDArray[] {numbers});
    INDArray logits;
    try (ImageTextModel model = ImageTextModel.load(Golden.base("clip"))) {
      PeftModel<ComputationGraph> peft = model.wrap(LORA);
      double before = peft.network().score(batch);
      for (int step = 0; step < 20; step++) {
        peft.network().fit(batch);
      }
      assertThat(peft.network().score(batch)).isLessThan(before);
      logits = model.match(ids(), null, pixels).logitsPerText();
      model.save(folder.resolve("adapter"));
    }
    assertThat(Files.readString(folder.resolve("adapter/adapter_config.json")))
        .contains("\"task_type\" : null");
    try (TransformerModel found = AutoPeft.load(folder.resolve("adapter"))) {
      assertThat(((ImageTextModel) found).match(ids(), null, pixels).logitsPerText())
          .isEqualTo(logits);
    }
  }

  @Test
  void aLossIsOfPairs() {
    INDArray pixels = Nd4j.rand(3, 3, 20, 20);
    try (ImageTextModel model = ImageTextModel.load(Golden.base("clip"))) {
      assertThatThrownBy(() -> score(model, pixels, new int[][] {{0}, {1}}))
          .isInstanceOf(PeftException.class)
          .hasMessageStartingWith("There are 2 texts and 3 pictures; the loss is of pairs");
      assertThatThrownBy(() -> score(model, pixels, new int[][] {{1}, {0}}))
          .hasMessageStartingWith("Label 0 is 1; the labels of pairs are their numbers");
    }
  }

  private static double score(ImageTextModel model, INDArray pixels, int[][] labels) {
    INDArray[] inputs = {ids(), pixels};
    return model
        .graph()
        .score(new MultiDataSet(inputs, new INDArray[] {Nd4j.createFromArray(labels)}), false);
  }

  @Test
  void theScaleIsNoModule() {
    LoraConfig saved = LORA.toBuilder().modulesToSave("logit_scale").build();
    try (ImageTextModel model = ImageTextModel.load(Golden.base("clip"))) {
      assertThatThrownBy(() -> model.wrap(saved))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("\"logit_scale\" matches no module of this model");
    }
  }

  /** Files that transformers 4 wrote keep their prefix. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "clip",
        "clip_f16",
        "clip_text",
        "clip_text_former",
        "clip_text_projected",
        "clip_vision_former",
        "clip_vision_projected"
      })
  void checkpointsHaveTheNamesAndValuesOfTheFile(String name) {
    try (TransformerModel model = Golden.open(name)) {
      CheckpointWriter.of(model).write(folder.resolve("model"));
    }

    Path written = folder.resolve("model/model.safetensors");
    Path file = Golden.base(name).resolve("model.safetensors");
    assertThat(keys(written)).isEqualTo(keys(file));
    try (TensorSource one = TensorSource.open(written);
        TensorSource other = TensorSource.open(file)) {
      for (String key : keys(file)) {
        assertThat(one.tensor(key).shape()).as(key).isEqualTo(other.tensor(key).shape());
        assertThat(one.slice(key, 0, (int) one.tensor(key).byteCount()))
            .as(key)
            .isEqualTo(other.slice(key, 0, (int) other.tensor(key).byteCount()));
      }
    }
  }

  /** As adapters of Stable Diffusion's text encoder were written with transformers 4. */
  @Test
  void anAdapterWithThePrefixOfBeforeLoads() throws IOException {
    INDArray ids = ids();
    INDArray adapted;
    Path saved = folder.resolve("saved");
    try (TransformerModel model = Golden.open("clip_text")) {
      PeftModel<ComputationGraph> peft = model.wrap(LORA);
      peft.adapter("default").tensors().values().forEach(t -> t.assign(Nd4j.rand(t.shape())));
      adapted = model.network().output(ids)[0].dup();
      model.save(saved);
    }
    Path former = Files.createDirectory(folder.resolve("former"));
    Files.writeString(
        former.resolve("adapter_config.json"),
        Files.readString(saved.resolve("adapter_config.json"))
            .replace(
                "\"q_proj\"",
                "\"text_model.encoder.layers.0.self_attn.q_proj\",\n"
                    + "\"text_model.encoder.layers.1.self_attn.q_proj\""));
    Map<String, INDArray> tensors = new TreeMap<>();
    Path file = saved.resolve("adapter_model.safetensors");
    keys(file)
        .forEach(
            key ->
                tensors.put(
                    key.replace("base_model.model.", "base_model.model.text_model."),
                    Golden.floats(file, key)));
    TensorFile.write(former.resolve("adapter_model.safetensors"), tensors, Map.of("format", "pt"));

    try (TransformerModel model = Golden.open("clip_text")) {
      model.adapt(former);
      assertThat(model.network().output(ids)[0]).isEqualTo(adapted);
    }
  }
}
