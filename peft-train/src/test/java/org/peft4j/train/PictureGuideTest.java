package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.PeftModel;
import org.peft4j.lora.LoraConfig;
import org.peft4j.train.data.picture.BrokenPictures;
import org.peft4j.train.data.picture.LabelValue;
import org.peft4j.train.data.picture.PictureData;
import org.peft4j.train.data.picture.PictureExample;
import org.peft4j.train.data.picture.PictureTextData;
import org.peft4j.train.data.table.Columns;
import org.peft4j.train.data.task.PictureFiles;
import org.peft4j.train.objective.PictureCrossEntropy;
import org.peft4j.train.objective.PictureTextCrossEntropy;
import org.peft4j.transformers.ImageCaptioner;
import org.peft4j.transformers.ImageClassifier;
import org.peft4j.transformers.config.Labels;
import org.peft4j.vision.ImageProcessor;
import org.peft4j.vision.Picture;
import org.peft4j.vision.PictureReader;
import org.peft4j.vision.PictureWriter;

/** The Java code of docs/pictures.md that trains, line by line. */
class PictureGuideTest {
  private static final Path TEXTS =
      Path.of("..", "peft-cli", "src", "test", "resources", "pictures-and-texts");
  private static final Path BASE =
      Path.of("../peft-transformers/src/test/resources/golden/bases/vit_features");

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path model;

  @BeforeEach
  void writeModel() throws IOException {
    for (String name : List.of("config.json", "model.safetensors")) {
      Files.copy(BASE.resolve(name), model.resolve(name));
    }
    Files.writeString(
        model.resolve("preprocessor_config.json"),
        "{\"image_processor_type\": \"ViTImageProcessor\", \"size\": {\"height\": 20, \"width\":"
            + " 20}}");
  }

  /** Noise, in which one colour is the brightest. */
  private Path picture(int number, int label) {
    Random random = new Random(number);
    byte[] values = new byte[24 * 18 * 3];
    for (int i = 0; i < values.length; i++) {
      values[i] = (byte) (random.nextInt(120) + (i % 3 == label ? 130 : 0));
    }
    Path file = model.resolve(number + ".png");
    PictureWriter.write(file, Picture.of(24, 18, 3, values));
    return file;
  }

  @Test
  void ownFilesWithOwnLabels() {
    List<PictureExample> examples = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      examples.add(new PictureExample(i, picture(i, i % 2), LabelValue.of(i % 2)));
    }
    LoraConfig config = LoraConfig.builder().rank(4).targetModules("q_proj", "v_proj").build();
    FineTuningSettings settings =
        FineTuningSettings.builder().epochs(12).batchSize(4).learningRate(0.02).build();
    Path file = picture(99, 1);

    ImageProcessor processor = ImageProcessor.read(model);
    PictureData data = PictureData.of(examples, processor, BrokenPictures.REFUSE);
    try (ImageClassifier classifier = ImageClassifier.load(model, Labels.of("robin", "wren"))) {
      FineTuner.builder(classifier.wrap(config), new PictureCrossEntropy())
          .data(data)
          .settings(settings)
          .build()
          .run();
      Picture picture = new PictureReader().read(file);
      String kind = classifier.predict(processor.pixelValues(List.of(picture))).get(0).label();
      assertThat(kind).isEqualTo("wren");
    }
  }

  @Test
  void arraysOfPictures() {
    LoraConfig config = LoraConfig.builder().rank(4).targetModules("q_proj", "v_proj").build();
    ImageProcessor processor = ImageProcessor.read(model);
    PictureReader reader = new PictureReader();
    List<Picture> pictures = List.of(reader.read(picture(0, 0)), reader.read(picture(1, 1)));
    try (ImageClassifier classifier = ImageClassifier.load(model, Labels.of("robin", "wren"))) {
      INDArray pixelValues = processor.pixelValues(pictures);
      INDArray labels = Nd4j.createFromArray(new int[][] {{0}, {1}});
      classifier
          .wrap(config)
          .network()
          .fit(new MultiDataSet(new INDArray[] {pixelValues}, new INDArray[] {labels}));

      assertThat(classifier.network().score()).isPositive().isLessThan(20);
    }
  }

  @Test
  void captions() {
    LoraConfig config = LoraConfig.builder().rank(4).targetModules("query", "value").build();
    FineTuningSettings settings =
        FineTuningSettings.builder().epochs(20).batchSize(6).learningRate(0.02).build();
    Path model = TEXTS.resolve("blip");
    Path data = TEXTS.resolve("data");
    try (ImageCaptioner captioner = ImageCaptioner.load(model)) {
      PictureFiles files =
          new PictureFiles(ImageProcessor.read(model), Columns.asTheyAre(), BrokenPictures.SKIP);
      PictureTextData captions =
          files.readTexts(
              data, captioner.architecture(), captioner.tokenizer(), OptionalInt.empty());
      FineTuner.builder(captioner.wrap(config), new PictureTextCrossEntropy())
          .data(captions)
          .settings(settings)
          .build()
          .run();

      PeftModel<ComputationGraph> trained = captioner.adapters().orElseThrow();
      double after = loss(trained, captions);
      try (var off = trained.adaptersDisabled()) {
        assertThat(after).isLessThan(loss(trained, captions) - 0.5);
      }
    }
  }

  private static double loss(PeftModel<ComputationGraph> model, PictureTextData captions) {
    return Evaluator.evaluate(model, new PictureTextCrossEntropy(), captions, 6).loss();
  }
}
