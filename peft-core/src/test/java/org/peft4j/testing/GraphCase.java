package org.peft4j.testing;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.peft4j.Peft;
import org.peft4j.site.Site;

/**
 * A small graph of SameDiff with the placeholders {@code x} and {@code labels}, the output {@code
 * out} and the loss {@code loss}.
 *
 * @param target the site to adapt
 * @param build the graph in a data type
 * @param inputs the shape of x; ids below {@value #VOCABULARY} if {@code ids}
 * @param outputs the shape of the output
 */
public record GraphCase(
    String name,
    String target,
    Function<DataType, SameDiff> build,
    boolean ids,
    long[] inputs,
    long[] outputs) {
  static final int VOCABULARY = 7;

  /** Whether SameDiff can load a graph of it: M2.1 cannot where there is an {@code lstmLayer}. */
  public boolean loads() {
    return !name.startsWith("lstm");
  }

  /** The graph. */
  public SameDiff base(DataType type) {
    SameDiff graph = build.apply(type);
    graph.setOutputs("out");
    graph.setLossVariables("loss");
    graph.setTrainingConfig(training());
    return graph;
  }

  /** A training of x and labels. */
  public static TrainingConfig training() {
    return TrainingConfig.builder()
        .updater(new Adam(0.02))
        .dataSetFeatureMapping("x")
        .dataSetLabelMapping("labels")
        .minimize("loss")
        .build();
  }

  /** The sites of the graph. */
  public List<Site> sites() {
    return Peft.bare(base(DataType.FLOAT), 0).sites();
  }

  /** The input. */
  public INDArray x(DataType type) {
    if (!ids) {
      return Values.random(41, inputs).castTo(type);
    }
    Random random = new Random(5);
    INDArray numbers = Nd4j.create(DataType.INT, inputs);
    for (long i = 0; i < numbers.length(); i++) {
      numbers.putScalar(i, random.nextInt(VOCABULARY));
    }
    return numbers;
  }

  /** Values for both placeholders. */
  public Map<String, INDArray> values(DataType type) {
    return Map.of("x", x(type), "labels", Values.random(43, outputs).castTo(type));
  }

  /** The same as a data set. */
  public MultiDataSet data(DataType type) {
    Map<String, INDArray> values = values(type);
    return new MultiDataSet(values.get("x"), values.get("labels"));
  }

  /** The output of a graph. */
  public INDArray output(SameDiff graph, DataType type) {
    return graph.outputSingle(Map.of("x", x(type)), "out").dup();
  }

  /** The loss of a graph. */
  public double loss(SameDiff graph, DataType type) {
    return graph.outputSingle(values(type), "loss").getDouble(0);
  }

  @Override
  public String toString() {
    return name;
  }
}
