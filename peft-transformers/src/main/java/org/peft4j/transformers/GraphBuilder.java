package org.peft4j.transformers;

import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.transformers.architecture.StackPart;
import org.peft4j.transformers.internal.layer.BlockConf;
import org.peft4j.transformers.internal.layer.EmbeddingsConf;
import org.peft4j.transformers.internal.layer.HeadConf;
import org.peft4j.transformers.internal.layer.StackEndConf;
import org.peft4j.transformers.internal.layer.TransformerLayerConf;
import org.peft4j.transformers.internal.model.FrozenModel;

/**
 * Chains the layers of a model: embeddings, block0, block1 …, norm (projection in a model that has
 * only that), and the head: lm_head, score, classifier …
 */
final class GraphBuilder {
  private final ComputationGraphConfiguration.GraphBuilder graph;
  private final TransformerOptions options;
  private String last = "input_ids";

  private GraphBuilder(TransformerOptions options) {
    this.options = options;
    this.graph =
        new NeuralNetConfiguration.Builder()
            .seed(options.seed())
            .dataType(options.dataType())
            .updater(options.updater())
            .graphBuilder()
            .addInputs(last);
  }

  static ComputationGraph build(FrozenModel model, TransformerOptions options) {
    GraphBuilder builder = new GraphBuilder(options);
    StackPart stack = model.architecture().body();
    builder.add("embeddings", new EmbeddingsConf(model));
    for (int i = 0; i < stack.blocks().size(); i++) {
      builder.add("block" + i, new BlockConf(model, i));
    }
    if (!stack.endSites().isEmpty()) {
      builder.add(stack.norm().isPresent() ? "norm" : "projection", new StackEndConf(model));
    }
    builder.add(
        model.architecture().head().name(), new HeadConf(model));
    ComputationGraph result = new ComputationGraph(builder.graph.setOutputs(builder.last).build());
    result.init();
    return result;
  }

  private void add(String name, TransformerLayerConf conf) {
    conf.setUpdater(options.updater());
    conf.setRegularization(options.regularization());
    graph.addLayer(name, conf, last);
    last = name;
  }
}
