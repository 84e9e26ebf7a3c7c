package org.peft4j.examples.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.deeplearning4j.datasets.iterator.utilty.ListDataSetIterator;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.examples.quickstart.TinyLlama;
import org.peft4j.lora.LoraConfig;
import org.peft4j.prompt.prefix.PrefixTuningConfig;
import org.peft4j.transformers.SequenceClassifier;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.config.Labels;

/** The Java code of the README and of all guides runs in tests: here, and those of training. */
class GuidesTest {
  private static final Path ROOT = Path.of("..");
  private static final List<Path> SOURCES =
      List.of(
          Path.of("src/test/java/org/peft4j/examples/training/GuidesTest.java"),
          Path.of("src/test/java/org/peft4j/examples/training/TrainingGuideTest.java"),
          Path.of("src/test/java/org/peft4j/examples/training/NetworkGuideTest.java"),
          Path.of("src/test/java/org/peft4j/examples/training/SameDiffGuideTest.java"),
          ROOT.resolve(
              "peft-transformers/src/test/java/org/peft4j/transformers/QuantizationGuideTest.java"),
          ROOT.resolve(
              "peft-transformers/src/test/java/org/peft4j/transformers/metrics/MetricsTest.java"),
          ROOT.resolve(
              "peft-transformers/src/test/java/org/peft4j/transformers/tokenizer/TokenPlacesTest.java"),
          ROOT.resolve(
              "peft-transformers/src/test/java/org/peft4j/transformers/TasksGuideTest.java"),
          ROOT.resolve("peft-vision/src/test/java/org/peft4j/vision/ImageProcessorTest.java"),
          ROOT.resolve("peft-train/src/test/java/org/peft4j/train/TaskGuideTest.java"),
          ROOT.resolve("peft-train/src/test/java/org/peft4j/train/PictureGuideTest.java"),
          ROOT.resolve("peft-train/src/test/java/org/peft4j/train/ChatGuideTest.java"),
          ROOT.resolve("peft-train/src/test/java/org/peft4j/train/PreferenceGuideTest.java"),
          ROOT.resolve("peft-diffusion/src/test/java/org/peft4j/diffusion/DiffusionGuideTest.java"),
          ROOT.resolve(
              "peft-diffusion/src/test/java/org/peft4j/diffusion/training/SamplingGuideTest.java"),
          ROOT.resolve("peft-train/src/test/java/org/peft4j/train/WorkersGuideTest.java"),
          ROOT.resolve("peft-spark/src/test/java/org/peft4j/spark/SparkGuideTest.java"),
          ROOT.resolve("peft-spark/src/test/java/org/peft4j/spark/SparkInferenceTest.java"),
          ROOT.resolve("peft-spark/src/test/java/org/peft4j/spark/SparkNetworkTest.java"),
          ROOT.resolve("peft-train/src/test/java/org/peft4j/train/FocalLoss.java"));
  private static final Pattern BLOCK = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

  private final Path folder;

  GuidesTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void theReadmeWrapsTrainsSavesAndMerges() throws IOException {
    File modelFile = folder.resolve("model.zip").toFile();
    network().save(modelFile);
    INDArray features = Nd4j.rand(DataType.FLOAT, 2, 3, 5);
    INDArray labels = Nd4j.zeros(DataType.FLOAT, 2, 2, 5);
    labels.putScalar(0, 1);
    DataSetIterator iterator = new ListDataSetIterator<>(List.of(new DataSet(features, labels)), 2);

    ComputationGraph base = ComputationGraph.load(modelFile, true);

    PeftModel<ComputationGraph> model =
        Peft.wrap(
            base, LoraConfig.builder().rank(8).alpha(16).targetModules("dense1", "lstm").build());
    model.printTrainableParameters();

    model.network().fit(iterator, 3);
    model.save(folder);

    try (var off = model.adaptersDisabled()) {
      model.network().output(features);
    }
    ComputationGraph merged = model.mergeAndUnload();

    assertThat(folder.resolve("adapter_model.safetensors")).exists();
    INDArray adapted = model.network().output(features)[0];
    assertThat(merged.output(features)[0].equalsWithEps(adapted, 1e-5)).isTrue();
    assertThat(base.output(features)[0].equalsWithEps(adapted, 1e-5)).isFalse();
    model.close();
  }

  @Test
  void requestsHoldAReadLock() {
    ReadWriteLock lock = new ReentrantReadWriteLock();
    INDArray features = Nd4j.rand(DataType.FLOAT, 2, 3, 5);
    LoraConfig config = LoraConfig.builder().rank(2).targetModules("dense1").build();
    try (PeftModel<ComputationGraph> model = Peft.wrap(network(), config)) {
      assertThat(answer(model, features, lock).shape()).containsExactly(2, 2, 5);
      assertThat(lock.writeLock().tryLock()).isTrue();
    }
  }

  private static INDArray answer(
      PeftModel<ComputationGraph> model, INDArray input, ReadWriteLock lock) {
    lock.readLock().lock();
    try {
      return model.network().outputSingle(input);
    } finally {
      lock.readLock().unlock();
    }
  }

  private static ComputationGraph network() {
    ComputationGraph graph =
        new ComputationGraph(
            new NeuralNetConfiguration.Builder()
                .seed(1)
                .updater(new Adam(1e-2))
                .graphBuilder()
                .addInputs("in")
                .addLayer(
                    "dense1",
                    new DenseLayer.Builder().nOut(6).activation(Activation.TANH).build(),
                    "in")
                .addLayer("lstm", new LSTM.Builder().nOut(4).build(), "dense1")
                .addLayer(
                    "out",
                    new RnnOutputLayer.Builder().nOut(2).activation(Activation.SOFTMAX).build(),
                    "lstm")
                .setOutputs("out")
                .setInputTypes(InputType.recurrent(3, 5))
                .build());
    graph.init();
    return graph;
  }

  @Test
  void aPrefixTrainsAClassifier() throws IOException {
    TinyLlama.unpack(folder);
    INDArray ids = Nd4j.createFromArray(new int[][] {{1, 5, 6}, {1, 7, 8}});
    INDArray labels = Nd4j.createFromArray(new float[][] {{1, 0}, {0, 1}});
    DataSet rows = new DataSet(ids, labels, Nd4j.ones(DataType.FLOAT, 2, 3), null);
    DataSetIterator iterator = new ListDataSetIterator<>(List.of(rows), 2);

    try (SequenceClassifier base =
            Transformers.loadClassifier(folder, Labels.of("negative", "positive"));
        PeftModel<ComputationGraph> model =
            Peft.wrap(
                base.graph(),
                PrefixTuningConfig.builder().virtualTokens(16).taskType("SEQ_CLS").build())) {
      model.network().fit(iterator);
      model.network().evaluate(iterator).accuracy();
    }
  }

  /** The build runs the first project: what the README says of a POM stands in its own. */
  @Test
  void thePomOfTheReadmeIsTheFirstProjects() throws IOException {
    String pom = Files.readString(Path.of("first-project/pom.xml")).replaceAll("\\s+", "");
    List<String> blocks =
        Pattern.compile("```xml\n(.*?)```", Pattern.DOTALL)
            .matcher(Files.readString(ROOT.resolve("README.md")))
            .results()
            .map(block -> block.group(1).replaceAll("\\s+", ""))
            .toList();

    assertThat(blocks).hasSize(2).allSatisfy(block -> assertThat(pom).contains(block));
  }

  @Test
  void everyLineOfCodeInTheGuidesIsTested() throws IOException {
    StringBuilder tested = new StringBuilder();
    for (Path source : SOURCES) {
      tested.append(plain(Files.readString(source)));
    }
    List<String> code = new ArrayList<>();
    for (Path guide : guides()) {
      BLOCK.matcher(Files.readString(guide)).results().forEach(b -> code.add(plain(b.group(1))));
    }

    assertThat(code).hasSizeGreaterThan(10);
    assertThat(code).allSatisfy(block -> assertThat(tested).contains(block));
  }

  private static List<Path> guides() throws IOException {
    List<Path> guides = new ArrayList<>();
    for (Path place : List.of(ROOT, ROOT.resolve("docs"), Path.of(""))) {
      try (Stream<Path> files = Files.list(place)) {
        files.filter(file -> file.toString().endsWith(".md")).forEach(guides::add);
      }
    }
    return guides;
  }

  /** Without comments, which only the guides have, and white space. */
  private static String plain(String code) {
    return code.replaceAll("(?m)(^|\\s)//.*$", "").replaceAll("\\s+", "");
  }
}
