package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraConfig;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.transformers.checkpoint.CheckpointWriter;
import org.peft4j.transformers.config.Labels;
import org.peft4j.transformers.evaluation.LabelledPicture;
import org.peft4j.transformers.prediction.LabelScores;

/** A classifier of pictures: predicts, is adapted, evaluated, saved and found again. */
class ImageClassifierTest {
  private static final LoraConfig FORMER =
      LoraConfig.builder().rank(2).alpha(4).targetModules("query", "value").build();

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path folder;

  private static INDArray pictures() {
    return Golden.floats(Golden.folder("vision/vit").resolve("inputs.safetensors"), "pixel_values");
  }

  private static Set<String> keys(Path file) {
    try (TensorSource source = TensorSource.open(file)) {
      return new TreeSet<>(source.tensors().keySet());
    }
  }

  @Test
  void scoresAreTheSoftmaxOfTheReferencesLogits() {
    try (ImageClassifier model = ImageClassifier.load(Golden.base("vit"))) {
      List<LabelScores> scores = model.predict(pictures());

      double[][] logits =
          Golden.floats(Golden.folder("vision/vit").resolve("expected.safetensors"), "logits")
              .toDoubleMatrix();
      assertThat(model.labels().names()).containsExactly("cat", "dog", "tree");
      for (int row = 0; row < logits.length; row++) {
        double sum = 0;
        for (double logit : logits[row]) {
          sum += Math.exp(logit);
        }
        for (int label = 0; label < 3; label++) {
          assertThat(scores.get(row).score(model.labels().names().get(label)))
              .isCloseTo(Math.exp(logits[row][label]) / sum, within(1e-5));
        }
      }
    }
  }

  @Test
  void anEvaluationCountsWhatIsRight() {
    try (ImageClassifier model = ImageClassifier.load(Golden.base("vit"))) {
      List<LabelScores> predicted = model.predict(pictures());
      String right = predicted.get(0).label();
      String wrong =
          model.labels().names().stream()
              .filter(name -> !name.equals(predicted.get(1).label()))
              .findFirst()
              .orElseThrow();

      assertThat(
              model
                  .evaluate(
                      List.of(
                          LabelledPicture.of(pictures().slice(0), right),
                          LabelledPicture.of(pictures().slice(1), wrong)))
                  .get("accuracy"))
          .isEqualTo(0.5);
    }
  }

  /**
   * Adapters of before say {@code query}; what is saved says {@code q_proj}, as PEFT does today.
   */
  @Test
  void anAdapterTrainsTheHeadTooAndIsFoundAgain() throws IOException {
    double before;
    double after;
    List<LabelScores> predicted;
    Labels labels = Labels.of("day", "night");
    Path base = Golden.base("vit_features");
    MultiDataSet batch = new MultiDataSet(pictures(), Nd4j.createFromArray(new int[][] {{1}, {0}}));
    try (ImageClassifier model = ImageClassifier.load(base, labels)) {
      PeftModel<ComputationGraph> peft = model.wrap(FORMER);
      before = peft.network().score(batch);
      for (int step = 0; step < 5; step++) {
        peft.network().fit(batch);
      }
      after = peft.network().score(batch);
      predicted = model.predict(pictures());
      model.save(folder.resolve("adapter"));
    }

    assertThat(after).isLessThan(before);
    String config = Files.readString(folder.resolve("adapter/adapter_config.json"));
    assertThat(config).contains("\"q_proj\"", "\"classifier\"").doesNotContain("query", "SEQ_CLS");
    assertThat(keys(folder.resolve("adapter/adapter_model.safetensors")))
        .contains(
            "base_model.model.vit.layers.1.attention.v_proj.lora_A.weight",
            "base_model.model.classifier.weight");
    try (TransformerModel found = AutoPeft.load(folder.resolve("adapter"))) {
      assertThat(found).isInstanceOf(ImageClassifier.class);
      ImageClassifier again = (ImageClassifier) found;
      assertThat(again.labels()).isEqualTo(labels);
      assertThat(again.predict(pictures()).get(1).score("night"))
          .isCloseTo(predicted.get(1).score("night"), within(1e-6));
    }
  }

  /** Merged, and as it is; also of the class token and positions, which are no map. */
  @ParameterizedTest
  @ValueSource(strings = {"vit", "deit", "vit_odd", "vit_several", "vit_features"})
  void checkpointsHaveTheNamesAndValuesOfTheFile(String name) {
    try (TransformerModel model = Golden.open(name)) {
      CheckpointWriter.of(model).write(folder.resolve("model"));
    }

    Path written = folder.resolve("model/model.safetensors");
    Path file = Golden.base(name).resolve("model.safetensors");
    assertThat(keys(written)).isEqualTo(keys(file)).anyMatch(key -> key.contains("encoder.layer."));
    for (String key : keys(file)) {
      assertThat(Golden.floats(written, key)).as(key).isEqualTo(Golden.floats(file, key));
    }
  }

  @Test
  void otherPicturesThanTheModelsAreRefused() {
    try (ImageClassifier model = ImageClassifier.load(Golden.base("vit"))) {
      assertThatThrownBy(() -> model.predict(Nd4j.rand(1, 3, 25, 20)))
          .isInstanceOf(PeftException.class)
          .hasMessage(
              "The pictures have 25 × 20 pixels, height first; this model was made for 20 × 20."
                  + " Resize them, or load the model with interpolated positions:"
                  + " TransformerOptions.withInterpolatedPositions(true).");
    }
    TransformerOptions any = TransformerOptions.defaults().withInterpolatedPositions(true);
    try (TransformerModel odd = Transformers.open(Golden.base("vit_odd"), any);
        TransformerModel even = Transformers.open(Golden.base("vit"), any)) {
      assertThat(odd.graph().output(Nd4j.rand(1, 1, 20, 25))[0].shape()).containsExactly(1, 1);
      assertThatThrownBy(() -> even.graph().output(Nd4j.rand(1, 3, 4, 20)))
          .hasMessageContaining("less than one patch of 5 × 5");
    }
  }

  @Test
  void textsAreNotForItAndLabelsAreNeeded() {
    assertThatThrownBy(() -> Transformers.loadClassifier(Golden.base("vit")))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("has no labels of sequences");
    assertThatThrownBy(() -> ImageClassifier.load(Golden.base("vit_features")))
        .hasMessageContaining("has no labels of pictures. Give labels");
  }

  /** PEFT writes copies of the class token and the positions, and cannot read them back. */
  @ParameterizedTest
  @ValueSource(ints = {20, 27})
  void gradientsOfTokenPositionsAndPatchesAreCentralDifferences(int size) {
    TransformerOptions exact =
        TransformerOptions.defaults().withDataType(DataType.DOUBLE).withInterpolatedPositions(true);
    INDArray pixels = Nd4j.rand(DataType.DOUBLE, 2, 3, size, 20).subi(0.4);
    INDArray labels = Nd4j.createFromArray(new int[][] {{2}, {0}});
    LoraConfig saved =
        LoraConfig.builder()
            .rank(2)
            .targetModules("k_proj")
            .modulesToSave("embeddings", "classifier")
            .build();
    try (TransformerModel model = Transformers.open(Golden.base("deit"), exact)) {
      PeftModel<ComputationGraph> peft = model.wrap(saved);
      ComputationGraph network = peft.network();
      network.setInputs(pixels);
      network.setLabels(labels);
      network.computeGradientAndScore();
      Map<String, INDArray> gradients = new TreeMap<>();
      peft.adapter("default")
          .gradients()
          .forEach((key, value) -> gradients.put(key, value.dup('c')));
      Map<String, INDArray> values = peft.adapter("default").tensors();
      MultiDataSet batch = new MultiDataSet(pixels, labels);
      assertThat(gradients)
          .containsKeys(
              "base_model.model.deit.embeddings.distillation_token",
              "base_model.model.deit.embeddings.position_embeddings",
              "base_model.model.deit.embeddings.patch_embeddings.projection.weight");
      gradients.forEach(
          (key, gradient) -> {
            if (key.contains("embeddings")) {
              INDArray flat = Objects.requireNonNull(values.get(key)).reshape(gradient.length());
              for (long i = 0; i < flat.length(); i += 1 + flat.length() / 7) {
                double value = flat.getDouble(i);
                flat.putScalar(i, value + 1e-5);
                double up = network.score(batch);
                flat.putScalar(i, value - 1e-5);
                double down = network.score(batch);
                flat.putScalar(i, value);
                assertThat(gradient.reshape(gradient.length()).getDouble(i))
                    .as(key + " " + i)
                    .isCloseTo((up - down) / 2e-5, within(1e-7));
              }
            }
          });
    }
  }
}
