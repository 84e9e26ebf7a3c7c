package org.peft4j.internal.original.stock;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.layers.BaseLayer;
import org.deeplearning4j.nn.layers.feedforward.embedding.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.layers.recurrent.RnnOutputLayer;
import org.deeplearning4j.nn.params.DefaultParamInitializer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.original.OriginalLayer;
import org.peft4j.internal.original.TwinLayer;
import org.peft4j.internal.original.twin.GraftPoint;
import org.peft4j.site.Site;
import org.peft4j.site.SiteParameter;
import org.peft4j.weight.FrozenWeight;
import org.peft4j.weight.WeightView;

/**
 * A layer with one matrix W [in, out] (or [vocabulary, dim]), a bias and a gain. Adapters act
 * beside its product, without an array of the size of W.
 */
record MatrixOriginal(StockLayer base, Site site, Twin twin, StockWeights weights)
    implements OriginalLayer {
  /** Makes the twin. */
  @FunctionalInterface
  interface Twin {
    BaseLayer<?> make(NeuralNetConfiguration configuration, DataType type, GraftPoint at);
  }

  /** A linear map. */
  static MatrixOriginal linear(String name, StockLayer base, Twin twin) {
    INDArray w = base.layer().getParam(DefaultParamInitializer.WEIGHT_KEY);
    Site site =
        Site.linear(name, name, w.size(0), w.size(1), parameters(base)).as(base.roleOfMaps());
    return new MatrixOriginal(base, site, twin, weights(base, WeightView.TRANSPOSED));
  }

  /** An embedding table. */
  static MatrixOriginal embedding(String name, StockLayer base, Twin twin) {
    INDArray w = base.layer().getParam(DefaultParamInitializer.WEIGHT_KEY);
    Site site = Site.embedding(name, name, w.size(0), w.size(1), parameters(base));
    return new MatrixOriginal(base, site, twin, weights(base, WeightView.AS_STORED));
  }

  private static StockWeights weights(StockLayer base, WeightView view) {
    return new StockWeights(
        base.layer().paramTable(), Map.of(DefaultParamInitializer.WEIGHT_KEY, view));
  }

  private static List<SiteParameter> parameters(StockLayer base) {
    List<SiteParameter> parameters = new ArrayList<>();
    for (String key :
        List.of(
            DefaultParamInitializer.WEIGHT_KEY,
            DefaultParamInitializer.BIAS_KEY,
            DefaultParamInitializer.GAIN_KEY)) {
      INDArray value = base.layer().paramTable().get(key);
      if (value != null) {
        parameters.add(StockParameters.describe(key, value));
      }
    }
    return parameters;
  }

  @Override
  public List<Site> sites() {
    return List.of(site);
  }

  @Override
  public FrozenWeight frozen(Site of, String parameter) {
    return weights.get(parameter);
  }

  /** A layer of sequences joins the steps of all of them. */
  @Override
  public boolean rowsApart() {
    return !(base.layer() instanceof RnnOutputLayer)
        && !(base.layer() instanceof EmbeddingSequenceLayer);
  }

  /** The bias, which Deeplearning4j adds to all rows, is scaled with the output. */
  @Override
  public boolean rowsApart(LayerGrafts grafts) {
    return rowsApart() && !grafts.scaleOutputs();
  }

  /** A layer normalisation lies between the product and the layer's own bias. */
  @Override
  public boolean takesBias(Site of) {
    return of.parameters().stream()
        .noneMatch(parameter -> parameter.name().equals(DefaultParamInitializer.GAIN_KEY));
  }

  @Override
  public TwinLayer build(
      NeuralNetConfiguration configuration, int index, LayerGrafts grafts, DataType type) {
    GraftPoint at = new GraftPoint(grafts, site);
    return base.twin(twin.make(base.ownConfiguration(), type, at), index);
  }
}
