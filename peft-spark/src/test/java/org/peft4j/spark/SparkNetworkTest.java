package org.peft4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.deeplearning4j.datasets.iterator.utilty.ListDataSetIterator;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.parallelism.ParallelWrapper;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraConfig;
import org.peft4j.train.parallel.NetworkAveraging;
import org.peft4j.train.parallel.Workers;

/** Deeplearning4j's networks, wrapped, on data of Spark: as one that sees the batches of all. */
class SparkNetworkTest {
  private static final int ROWS = 12;
  private static final int EPOCHS = 3;

  private static SparkSession spark;

  @BeforeAll
  static void start() {
    spark = LocalSpark.session();
  }

  private static PeftModel<MultiLayerNetwork> network() {
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(3)
                .updater(new Sgd(0.1))
                .list()
                .layer(
                    new DenseLayer.Builder()
                        .name("a")
                        .nIn(3)
                        .nOut(5)
                        .activation(Activation.TANH)
                        .build())
                .layer(
                    new OutputLayer.Builder(LossFunctions.LossFunction.MSE)
                        .name("b")
                        .nIn(5)
                        .nOut(2)
                        .activation(Activation.IDENTITY)
                        .build())
                .build());
    network.init();
    return Peft.wrap(network, lora(), 4);
  }

  private static LoraConfig lora() {
    return LoraConfig.builder().rank(2).targetModules("a", "b").build();
  }

  private static PeftModel<ComputationGraph> graph() {
    try (PeftModel<MultiLayerNetwork> network = network()) {
      LoraConfig config = LoraConfig.builder().rank(2).targetModules("0", "1").build();
      return Peft.wrap(network.base().toComputationGraph(), config, 4);
    }
  }

  private static float[] fittedGraph(Workers workers, Supplier<DataSetIterator> own) {
    try (PeftModel<ComputationGraph> model = graph()) {
      NetworkAveraging averaging = new NetworkAveraging(workers, 1);
      for (int epoch = 0; epoch < EPOCHS; epoch++) {
        averaging.fit(model.network(), own.get());
      }
      return model.network().params().toFloatVector();
    }
  }

  private static List<DataSet> items() {
    Random random = new Random(1);
    List<DataSet> items = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      float[] x = {random.nextFloat(), random.nextFloat(), random.nextFloat()};
      float[] y = {x[0] - x[1], x[2]};
      items.add(
          new DataSet(
              Nd4j.createFromArray(new float[][] {x}), Nd4j.createFromArray(new float[][] {y})));
    }
    return items;
  }

  private static float[] fitted(Workers workers, List<DataSet> items, int batch) {
    try (PeftModel<MultiLayerNetwork> model = network()) {
      NetworkAveraging averaging = new NetworkAveraging(workers, 1);
      for (int epoch = 0; epoch < EPOCHS; epoch++) {
        averaging.fit(model.network(), new ListDataSetIterator<>(items, batch));
      }
      return model.network().params().toFloatVector();
    }
  }

  @Test
  void dataSetsOfAnRddTrainAsInOneProcess() {
    float[] one = fitted(Workers.alone(), items(), 4);
    JavaRDD<DataSet> data =
        JavaSparkContext.fromSparkContext(spark.sparkContext()).parallelize(items(), 3);

    List<float[]> all =
        SparkWorkers.on(spark, 2).run(data, worker -> fitted(worker.workers(), worker.rows(), 2));

    assertThat(all.get(1)).isEqualTo(all.get(0));
    assertThat(all.get(0)).containsExactly(one, within(1e-5f));
    assertThat(one).isNotEqualTo(network().network().params().toFloatVector());
  }

  @Test
  void columnsOfADataFrameTrainAGraphToo() {
    float[] one = fittedGraph(Workers.alone(), () -> new ListDataSetIterator<>(items(), 4));
    Dataset<Row> frame = frame();

    List<float[]> all =
        SparkWorkers.on(spark, 2)
            .run(
                frame,
                worker ->
                    fittedGraph(
                        worker.workers(),
                        () ->
                            RowDataSets.of(
                                worker.rows(), List.of("first", "others"), List.of("y"), 2)));

    assertThat(all.get(1)).isEqualTo(all.get(0));
    assertThat(all.get(0)).containsExactly(one, within(1e-5f));
  }

  /** What the guide says. */
  @Test
  void aNetworkFitsRowsOfItsWorker() {
    List<float[]> all =
        SparkWorkers.on(spark, 2)
            .run(
                frame(),
                worker -> {
                  try (PeftModel<MultiLayerNetwork> model = network()) {
                    NetworkAveraging averaging = new NetworkAveraging(worker.workers(), 1);
                    for (int epoch = 0; epoch < EPOCHS; epoch++) {
                      DataSetIterator own =
                          RowDataSets.of(
                              worker.rows(), List.of("first", "others"), List.of("y"), 2);
                      averaging.fit(model.network(), own);
                    }
                    return model.network().params().toFloatVector();
                  }
                });

    assertThat(all.get(0)).containsExactly(fitted(Workers.alone(), items(), 4), within(1e-5f));
  }

  /** The same items: a column with a number, and two with arrays. */
  private static Dataset<Row> frame() {
    List<String> rows = new ArrayList<>();
    for (DataSet item : items()) {
      float[] x = item.getFeatures().toFloatVector();
      float[] y = item.getLabels().toFloatVector();
      rows.add(
          "(%s, array(%s, %s), array(%s, %s))"
              .formatted(real(x[0]), real(x[1]), real(x[2]), real(y[0]), real(y[1])));
    }
    return spark.sql("select * from values " + String.join(", ", rows) + " t(first, others, y)");
  }

  private static String real(float value) {
    return "double('" + value + "')";
  }

  /**
   * Deeplearning4j's threads, whose every two batches end in a mean, and the same by hand. That
   * class now and then leaves out the mean of a round, of networks that are not wrapped too: one of
   * several tries must be right.
   */
  @Test
  void parallelWrapperAveragesAWrappedNetworkAsOneThreadDoes() {
    List<DataSet> items = items().subList(0, 4);
    try (PeftModel<MultiLayerNetwork> first = network();
        PeftModel<MultiLayerNetwork> second = network()) {
      float[] start = first.network().params().toFloatVector();
      for (int i = 0; i < items.size(); i += 2) {
        first.network().fit(items.get(i));
        second.network().fit(items.get(i + 1));
        INDArray mean = first.network().params().add(second.network().params()).divi(2);
        first.network().setParams(mean);
        second.network().setParams(mean);
      }
      float[] expected = first.network().params().toFloatVector();
      assertThat(expected).isNotEqualTo(start);
      assertThat(IntStream.range(0, 10))
          .anySatisfy(
              attempt -> assertThat(inParallel(items)).containsExactly(expected, within(1e-6f)));
    }
  }

  private static float[] inParallel(List<DataSet> items) {
    try (PeftModel<MultiLayerNetwork> model = network();
        ParallelWrapper wrapper =
            new ParallelWrapper.Builder<>(model.network())
                .workers(2)
                .averagingFrequency(1)
                .build()) {
      INDArray frozen = model.base().params().dup();
      wrapper.fit(new ListDataSetIterator<>(items, 1));
      assertThat(model.base().params()).isEqualTo(frozen);
      return model.network().params().toFloatVector();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void whatIsNoNumberIsNamed() {
    Dataset<Row> rows = spark.sql("select 1 as a, 'x' as b, array(1, 2) as c, int(null) as d");
    List<Row> one = rows.collectAsList();

    assertThatThrownBy(() -> RowDataSets.of(one, List.of("b"), List.of("a"), 1))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("The column b has String");
    assertThatThrownBy(() -> RowDataSets.of(one, List.of("d"), List.of("a"), 1))
        .hasMessageContaining("The column d has a null");
    assertThatThrownBy(() -> RowDataSets.of(one, List.of("e"), List.of("a"), 1))
        .hasMessageContaining("There is no column e; there are [a, b, c, d]");
    assertThatThrownBy(() -> RowDataSets.of(one, List.of("a"), List.of("c"), 0))
        .hasMessageContaining("the batch size 0");
  }
}
