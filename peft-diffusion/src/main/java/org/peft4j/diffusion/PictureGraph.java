package org.peft4j.diffusion;

import java.util.List;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.diffusion.internal.architecture.Stage;
import org.peft4j.diffusion.internal.layer.PictureInputConf;
import org.peft4j.diffusion.internal.layer.PictureLayerConf;
import org.peft4j.diffusion.internal.model.PictureModel;

/** Chains the layers of a model behind the vertex that takes its inputs. */
final class PictureGraph {
  private static final String INPUT = "input";

  private PictureGraph() {}

  static ComputationGraph build(PictureModel model, DiffusionOptions options, List<String> inputs) {
    ComputationGraphConfiguration.GraphBuilder graph =
        new NeuralNetConfiguration.Builder()
            .seed(options.seed())
            .dataType(options.dataType())
            .updater(options.updater())
            .graphBuilder()
            .addInputs(inputs)
            .addVertex(INPUT, new PictureInputConf(model), inputs.toArray(String[]::new));
    String last = INPUT;
    List<Stage> stages = model.architecture().stages();
    for (int i = 0; i < stages.size(); i++) {
      String name = stages.get(i).name();
      graph.addLayer(
          name, new PictureLayerConf(model, i, options.updater(), options.regularization()), last);
      last = name;
    }
    ComputationGraph result = new ComputationGraph(graph.setOutputs(last).build());
    result.init();
    return result;
  }
}
