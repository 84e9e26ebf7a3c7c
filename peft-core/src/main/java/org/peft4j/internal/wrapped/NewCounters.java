package org.peft4j.internal.wrapped;

import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.LayerVertex;

/**
 * Starts the iterations and epochs of a configuration at zero. The base model's own would make the
 * schedules and the bias corrections of an adapter's training begin where the base model's ended.
 */
final class NewCounters {
  private NewCounters() {}

  static void in(ComputationGraphConfiguration configuration) {
    configuration.setIterationCount(0);
    configuration.setEpochCount(0);
    in(configuration.getDefaultConfiguration());
    configuration.getVertices().values().stream()
        .filter(LayerVertex.class::isInstance)
        .forEach(vertex -> in(((LayerVertex) vertex).getLayerConf()));
  }

  static void in(MultiLayerConfiguration configuration) {
    configuration.setIterationCount(0);
    configuration.setEpochCount(0);
    configuration.getConfs().forEach(NewCounters::in);
  }

  private static void in(NeuralNetConfiguration layer) {
    layer.setIterationCount(0);
    layer.setEpochCount(0);
  }
}
