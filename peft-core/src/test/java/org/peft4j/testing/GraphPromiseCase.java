package org.peft4j.testing;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.config.PeftConfig;
import org.peft4j.method.Methods;
import org.peft4j.site.Site;
import org.peft4j.testing.MethodRow.Trait;

/** A method on a graph of SameDiff. */
public record GraphPromiseCase(MethodRow method, GraphCase graph) {
  /** Every method on every graph whose target it is for. */
  public static Stream<GraphPromiseCase> of(MethodRow... methods) {
    return Stream.of(methods)
        .flatMap(method -> GraphCases.kinds().map(graph -> new GraphPromiseCase(method, graph)))
        .filter(GraphPromiseCase::fits);
  }

  /**
   * Methods that differ in their parameters only, on one graph for each way in which grafts run.
   */
  public static Stream<GraphPromiseCase> onSome(MethodRow... methods) {
    List<String> some = List.of("affine", "look-up", "tied table", "sequence convolution");
    return of(methods).filter(each -> some.contains(each.graph.name()));
  }

  private boolean fits() {
    return graph.sites().stream()
        .filter(site -> site.name().equals(graph.target()))
        .anyMatch(this::fits);
  }

  private boolean fits(Site site) {
    boolean biased = site.parameters().stream().anyMatch(parameter -> parameter.bias());
    return Methods.of(config(0)).siteKinds().contains(site.kind()) && (biased || !is(Trait.BIASES));
  }

  boolean is(Trait trait) {
    return method.is(trait);
  }

  PeftConfig config(double dropout) {
    return method.configs().of(graph.target(), dropout);
  }

  PeftModel<SameDiff> wrap(SameDiff base) {
    return Peft.wrap(base, config(0), 3);
  }

  /** An adapter whose every value is at a distance from where it began. */
  PeftModel<SameDiff> lively(SameDiff base) {
    PeftModel<SameDiff> model = wrap(base);
    long seed = 900;
    for (INDArray array : trainable(model.network()).values()) {
      array.addi(Values.random(seed++, array.shape()).muli(0.3).castTo(array.dataType()));
    }
    return model;
  }

  /** The arrays that train, by name. */
  static Map<String, INDArray> trainable(SameDiff graph) {
    return arrays(graph, VariableType.VARIABLE);
  }

  /** Copies of a graph's weights. */
  static Map<String, INDArray> frozen(SameDiff graph) {
    Map<String, INDArray> all = arrays(graph, VariableType.VARIABLE);
    all.putAll(arrays(graph, VariableType.CONSTANT));
    all.replaceAll((name, array) -> array.dup());
    return all;
  }

  private static Map<String, INDArray> arrays(SameDiff graph, VariableType type) {
    Map<String, INDArray> arrays = new TreeMap<>();
    for (SDVariable variable : graph.variables()) {
      if (variable.getVariableType() == type) {
        arrays.put(variable.name(), variable.getArr());
      }
    }
    return arrays;
  }

  void fit(SameDiff network, int times) {
    for (int i = 0; i < times; i++) {
      network.fit(graph.data(DataType.FLOAT));
    }
  }

  @Override
  public String toString() {
    return method.name() + " on " + graph;
  }
}
