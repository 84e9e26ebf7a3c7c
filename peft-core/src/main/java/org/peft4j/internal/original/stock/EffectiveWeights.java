package org.peft4j.internal.original.stock;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.graft.SiteGrafts;
import org.peft4j.internal.graft.WeightGrafts;
import org.peft4j.site.SiteParameter;

/**
 * The parameters that a stock layer runs on: the frozen ones, or trainable copies of them, with
 * every ΔW added. They equal the frozen ones bit for bit while no adapter acts.
 */
final class EffectiveWeights implements AutoCloseable {
  private final List<WeightSite> weights;
  private final LayerGrafts grafts;
  private final INDArray frozen;
  private final Map<String, INDArray> frozenTable;
  private final INDArray effective;
  private final Map<String, INDArray> table;
  private @Nullable Pass pass;

  /**
   * @param frozen the base layer's vector of parameters
   * @param frozenTable its parameters by key
   * @param effective the vector that the layer runs on, owned by this object
   * @param table the layer's parameters by key, views of {@code effective}
   */
  EffectiveWeights(
      List<WeightSite> weights,
      LayerGrafts grafts,
      INDArray frozen,
      Map<String, INDArray> frozenTable,
      INDArray effective,
      Map<String, INDArray> table) {
    this.weights = weights;
    this.grafts = grafts;
    this.frozen = frozen;
    this.frozenTable = Peepholes.apart(frozenTable);
    this.effective = effective;
    this.table = Peepholes.apart(table);
  }

  /** Makes the next forward pass compute the weights anew. */
  void newInput() {
    pass = null;
  }

  /** Computes the weights for a pass over the input, unless that is done. */
  void prepare(boolean training) {
    if (pass == null || pass.training() != training) {
      pass = grafts.nextPass(training);
      refresh(pass);
    }
  }

  private void refresh(Pass now) {
    effective.assign(frozen);
    for (WeightSite weight : weights) {
      SiteGrafts site = grafts.at(weight.site().name());
      for (SiteParameter parameter : weight.site().parameters()) {
        INDArray own = at(parameter.name(), table);
        INDArray copy = site.parameter(parameter.name(), own);
        if (copy != own) {
          own.assign(copy);
        }
      }
      new WeightGrafts(site)
          .apply(now, weight.view().of(at(weight.parameter(), table)), bias(weight, table));
    }
  }

  /** Turns the gradients of the effective parameters into those of the adapters. */
  void backward(Map<String, INDArray> layerGradients) {
    Map<String, INDArray> gradients = Peepholes.apart(layerGradients);
    if (pass == null) {
      throw new IllegalStateException("A backward pass without a forward pass.");
    }
    for (WeightSite weight : weights) {
      SiteGrafts site = grafts.at(weight.site().name());
      for (SiteParameter parameter : weight.site().parameters()) {
        INDArray target = site.gradient(parameter.name());
        if (target != null) {
          // A layer's supervised loss may not reach it, as a variational auto-encoder's decoder.
          INDArray own = gradients.get(parameter.name());
          if (own == null) {
            target.assign(0);
          } else {
            target.assign(own.reshape(target.shape()));
          }
        }
      }
      new WeightGrafts(site)
          .backward(
              pass,
              weight.view().of(at(weight.parameter(), frozenTable)),
              bias(weight, frozenTable),
              weight.view().of(gradient(weight, gradients)),
              bias(weight, gradients));
    }
  }

  /** Deeplearning4j returns a sequence convolution's gradient as one of images of width 1. */
  private INDArray gradient(WeightSite weight, Map<String, INDArray> gradients) {
    INDArray gradient = at(weight.parameter(), gradients);
    long[] shape = at(weight.parameter(), frozenTable).shape();
    return gradient.rank() == shape.length ? gradient : gradient.reshape(shape);
  }

  private static @Nullable INDArray bias(WeightSite weight, Map<String, INDArray> arrays) {
    return weight.site().parameters().stream()
        .filter(SiteParameter::bias)
        .findFirst()
        .map(bias -> at(bias.name(), arrays))
        .orElse(null);
  }

  private static INDArray at(String key, Map<String, INDArray> arrays) {
    INDArray array = arrays.get(key);
    if (array == null) {
      throw new IllegalStateException("No array \"" + key + "\" among " + arrays.keySet() + ".");
    }
    return array;
  }

  @Override
  public void close() {
    if (!effective.wasClosed()) {
      effective.close();
    }
  }
}
