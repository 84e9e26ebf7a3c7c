package org.peft4j.internal.adapted;

import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.jspecify.annotations.Nullable;
import org.peft4j.internal.graft.Activity;

/** The context of a network's clone, which all of its adapted layers and vertices share. */
public final class CloneContext {
  private @Nullable AdapterContext replica;

  private CloneContext() {}

  /**
   * Gives the copy of a wrapped network's configuration a context of its own, in which nothing is
   * disabled or merged.
   *
   * @return which adapters act in the copy
   */
  public static Activity replace(ComputationGraphConfiguration copy) {
    CloneContext clone = new CloneContext();
    for (GraphVertex vertex : copy.getVertices().values()) {
      if (vertex instanceof AdaptedVertexConf conf) {
        conf.setContext(clone.of(conf.context()));
      } else if (vertex instanceof LayerVertex layer) {
        clone.in(layer.getLayerConf());
      }
    }
    return clone.activity();
  }

  /** Like {@link #replace(ComputationGraphConfiguration)}. */
  public static Activity replace(MultiLayerConfiguration copy) {
    CloneContext clone = new CloneContext();
    copy.getConfs().forEach(clone::in);
    return clone.activity();
  }

  private AdapterContext of(AdapterContext original) {
    if (replica == null) {
      replica = original.forClone();
    }
    return replica;
  }

  private void in(NeuralNetConfiguration layer) {
    AdaptedLayerConf conf = (AdaptedLayerConf) layer.getLayer();
    conf.setContext(of(conf.context()));
  }

  private Activity activity() {
    return replica == null ? new Activity() : replica.shared().activity();
  }
}
