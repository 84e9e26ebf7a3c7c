package org.peft4j.host;

import java.util.List;
import java.util.Optional;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.module.LayerGrafts;
import org.peft4j.site.Site;

/** How one layer of a base model is hosted: its sites, its frozen arrays, and its hosted twin. */
public interface LayerHosting {
  /** The layer's sites; empty for a layer without parameters. */
  List<Site> sites();

  /** The frozen value of a parameter, in the shape of the site's parameter list: never a copy. */
  INDArray frozen(Site site, String parameter);

  /**
   * The weight of a site as a view in the shape that a {@link org.peft4j.adapter.WeightAdapter}
   * takes.
   */
  INDArray weight(Site site);

  /** Whether this is a language model's output head, which {@code all-linear} leaves out. */
  default boolean outputHead() {
    return false;
  }

  /** The Hugging Face model type of the model that it is of, which default targets go by. */
  default Optional<String> modelType() {
    return Optional.empty();
  }

  /** Whether its frozen arrays live outside of the base network's parameter vector. */
  default boolean external() {
    return false;
  }

  /**
   * A layer over the same frozen arrays with {@code grafts} on it.
   *
   * @param configuration the configuration of the layer's vertex in the wrapped network
   * @param index the layer's index there
   */
  HostedLayer build(
      NeuralNetConfiguration configuration, int index, LayerGrafts grafts, DataType type);
}
