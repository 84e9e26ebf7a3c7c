package org.peft4j.diffusion.pipeline;

import java.util.List;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.graph.ComputationGraph;

/**
 * A text encoder and the UNet that reads its states as one graph, from {@code sample}, {@code
 * timestep} and {@code input_ids} [batch, tokens]: so the gradient of the states goes on to the
 * text encoder. Its layers have the frozen weights of both models.
 */
final class JointGraph {
  private static final String TEXT = "text_encoder.";
  private static final List<String> INPUTS = List.of("sample", "timestep", "input_ids");
  private static final String STATES = "encoder_hidden_states";

  private final ComputationGraphConfiguration.GraphBuilder builder;

  private JointGraph(ComputationGraph unet) {
    builder =
        new NeuralNetConfiguration.Builder()
            .seed(unet.conf().getSeed())
            .dataType(unet.getConfiguration().getDataType())
            .graphBuilder()
            .addInputs(INPUTS);
  }

  /**
   * Joins them.
   *
   * @param text whose first output are the states
   */
  static ComputationGraph of(ComputationGraph text, ComputationGraph unet) {
    JointGraph joint = new JointGraph(unet);
    String states = text.getConfiguration().getNetworkOutputs().get(0);
    for (int index : text.topologicalSortOrder()) {
      String name = text.getVertices()[index].getVertexName();
      // Behind the states is a pooler at most.
      if (!text.getConfiguration()
          .getVertexInputs()
          .getOrDefault(name, List.of())
          .contains(states)) {
        joint.add(text, name, TEXT, INPUTS.get(2));
      }
    }
    for (int index : unet.topologicalSortOrder()) {
      joint.add(unet, unet.getVertices()[index].getVertexName(), "", TEXT + states);
    }
    List<String> outputs = unet.getConfiguration().getNetworkOutputs();
    ComputationGraph result =
        new ComputationGraph(joint.builder.setOutputs(outputs.toArray(String[]::new)).build());
    result.init();
    return result;
  }

  /**
   * Adds a vertex with its inputs.
   *
   * @param text what stands for the text: its ids, or its states
   */
  private void add(ComputationGraph from, String name, String prefix, String text) {
    ComputationGraphConfiguration configuration = from.getConfiguration();
    GraphVertex vertex = configuration.getVertices().get(name);
    if (vertex == null) {
      return; // An input.
    }
    String[] inputs =
        configuration.getVertexInputs().getOrDefault(name, List.of()).stream()
            .map(
                input ->
                    input.equals(STATES) || input.equals(INPUTS.get(2))
                        ? text
                        : INPUTS.contains(input) ? input : prefix + input)
            .toArray(String[]::new);
    if (vertex instanceof LayerVertex layer) {
      builder.addLayer(prefix + name, layer.getLayerConf().getLayer().clone(), inputs);
    } else {
      builder.addVertex(prefix + name, vertex.clone(), inputs);
    }
  }
}
