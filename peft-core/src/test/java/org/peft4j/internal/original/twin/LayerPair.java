package org.peft4j.internal.original.twin;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.layers.IOutputLayer;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.TrainableCopy;
import org.peft4j.internal.graft.Graft;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.graft.SharedState;
import org.peft4j.internal.graft.SiteGrafts;
import org.peft4j.internal.original.OriginalLayer;
import org.peft4j.internal.wrapped.WrappedNetwork;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.site.Site;
import org.peft4j.testing.LayerCase;
import org.peft4j.testing.Values;

/** A layer of Deeplearning4j's with its twin over the same arrays, and an input for both. */
final class LayerPair {
  static final LayerWorkspaceMgr NONE = LayerWorkspaceMgr.noWorkspaces();

  final MultiLayerNetwork base;
  final Layer stock;
  final OriginalLayer original;
  final Site site;
  final INDArray x;
  final @Nullable INDArray mask;
  final SharedState shared = SharedState.of(3);
  private final DataSet data;

  /** The layer that a case targets, in double precision. */
  LayerPair(LayerCase sort) {
    base = sort.base(DataType.DOUBLE);
    data = sort.data(DataType.DOUBLE);
    stock = base.getLayer(sort.target());
    original =
        (OriginalLayer)
            Objects.requireNonNull(WrappedNetwork.layersOf(base).get(sort.target()), sort.name());
    site = original.sites().get(0);
    base.initGradientsView();
    x = base.feedForward(data.getFeatures(), false).get(stock.getIndex()).dup('c');
    mask = stock instanceof IOutputLayer ? data.getLabelsMaskArray() : data.getFeaturesMaskArray();
    prepare(stock);
  }

  private void prepare(Layer layer) {
    if (layer instanceof IOutputLayer output) {
      output.setLabels(data.getLabels());
    }
    layer.setMaskArray(flat(layer));
    // A network lets all layers but the first write over their input.
    layer.allowInputModification(stock.getIndex() > 0);
    layer.setInputMiniBatchSize((int) x.size(0));
  }

  /** Networks give the output layer of sequences its mask as a column. */
  private @Nullable INDArray flat(Layer layer) {
    return mask != null && layer instanceof IOutputLayer
        ? mask.reshape('c', mask.length(), 1)
        : mask;
  }

  /** The twin with these grafts at the layer's first site, none at the others. */
  Layer twin(boolean inputGradientNeeded, Graft... grafts) {
    List<SiteGrafts> sites = new ArrayList<>();
    for (Site each : original.sites()) {
      sites.add(new SiteGrafts(each, each.equals(site) ? List.of(grafts) : List.of(), shared));
    }
    LayerGrafts all = new LayerGrafts(sites, shared, new Nd4jKernels(), inputGradientNeeded);
    Layer twin = original.build(stock.conf(), stock.getIndex(), all, DataType.DOUBLE).layer();
    prepare(twin);
    return twin;
  }

  /** Copies of all of the layer's own parameters, with their values. */
  Graft copies() {
    TrainableCopy copy =
        new TrainableCopy(site, site.parameters(), "", p -> original.frozen(site, p.name()));
    Map<String, INDArray> values = new LinkedHashMap<>();
    site.parameters()
        .forEach(
            p ->
                values.put(
                    p.name(), original.frozen(site, p.name()).array().orElseThrow().dup('c')));
    Graft graft = new Graft("default", copy, new Tensors(values));
    graft.setGradients(Values.room(graft.parameters()));
    return graft;
  }

  private void begin(Layer layer) {
    Nd4j.getRandom().setSeed(17);
    layer.setInput(x.dup('c'), NONE);
  }

  INDArray activate(Layer layer, boolean training) {
    begin(layer);
    return layer.activate(training, NONE).dup('c');
  }

  /** A gradient of the activations; null for an output layer, which has a loss. */
  @Nullable INDArray upper() {
    return stock instanceof IOutputLayer ? null : Values.random(31, activate(stock, false).shape());
  }

  /**
   * A training pass forward and backward, of fresh noise that is the same at every call. A network
   * asks its output layer for the score, not for activations.
   */
  Pair<Gradient, INDArray> backward(Layer layer) {
    INDArray upper = upper();
    layer.clearNoiseWeightParams();
    begin(layer);
    if (upper != null) {
      layer.activate(true, NONE);
    }
    return layer.backpropGradient(upper == null ? null : upper.dup('c'), NONE);
  }

  /**
   * The loss of the layer alone: of an output layer its sum over rows, else {@code Σ upper ⊙ y}.
   */
  double loss(Layer layer) {
    INDArray upper = upper();
    if (upper != null) {
      return Values.inner(activate(layer, true), upper);
    }
    begin(layer);
    return ((IOutputLayer) layer).computeScore(0, true, NONE) * x.size(0);
  }
}
