package org.peft4j.internal.original.stock;

import java.util.LinkedHashMap;
import java.util.Map;
import org.deeplearning4j.nn.conf.graph.AttentionVertex;
import org.deeplearning4j.nn.conf.layers.Convolution1D;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.Convolution2D;
import org.deeplearning4j.nn.conf.layers.Convolution3D;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Deconvolution2D;
import org.deeplearning4j.nn.conf.layers.Deconvolution3D;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.GravesBidirectionalLSTM;
import org.deeplearning4j.nn.conf.layers.GravesLSTM;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LearnedSelfAttentionLayer;
import org.deeplearning4j.nn.conf.layers.RecurrentAttentionLayer;
import org.deeplearning4j.nn.conf.layers.SelfAttentionLayer;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.conf.layers.samediff.SameDiffVertex;
import org.deeplearning4j.nn.conf.layers.wrapper.BaseWrapperLayer;
import org.peft4j.weight.WeightView;

/**
 * The parameters of each class of layer that are linear maps or convolutions, by key. A subclass is
 * not included, because its parameters may mean something else.
 */
final class GraftableWeights {
  private static final Map<String, WeightView> ATTENTION =
      union(seen(WeightView.HEADS_JOINED, "Wq", "Wk", "Wv"), seen(WeightView.TRANSPOSED, "Wo"));

  private static final Map<String, WeightView> RECURRENT = seen(WeightView.TRANSPOSED, "W", "RW");
  private static final Map<String, WeightView> DENSE = seen(WeightView.TRANSPOSED, "W");
  private static final Map<String, WeightView> CONVOLUTION = seen(WeightView.AS_STORED, "W");

  /** The pointwise part first, because the layer adds its bias there. */
  private static final Map<String, WeightView> SEPARABLE =
      union(seen(WeightView.AS_STORED, "pW"), seen(WeightView.DEPTHWISE, "W"));

  private static final Map<String, WeightView> BOTH_DIRECTIONS =
      seen(WeightView.TRANSPOSED, "WF", "RWF", "WB", "RWB");

  private static final Map<Class<?>, Map<String, WeightView>> BY_SORT =
      Map.ofEntries(
          Map.entry(LSTM.class, RECURRENT),
          Map.entry(GravesLSTM.class, RECURRENT),
          Map.entry(GravesBidirectionalLSTM.class, BOTH_DIRECTIONS),
          Map.entry(SimpleRnn.class, RECURRENT),
          Map.entry(DenseLayer.class, DENSE),
          Map.entry(ConvolutionLayer.class, CONVOLUTION),
          Map.entry(Convolution1D.class, CONVOLUTION),
          Map.entry(Convolution1DLayer.class, CONVOLUTION),
          Map.entry(Convolution2D.class, CONVOLUTION),
          Map.entry(Convolution3D.class, CONVOLUTION),
          Map.entry(SeparableConvolution2D.class, SEPARABLE),
          Map.entry(DepthwiseConvolution2D.class, seen(WeightView.DEPTHWISE_LAST, "W")),
          Map.entry(Deconvolution2D.class, seen(WeightView.INPUTS_FIRST, "W")),
          Map.entry(Deconvolution3D.class, seen(WeightView.KERNEL_FIRST, "W")),
          Map.entry(SelfAttentionLayer.class, ATTENTION),
          Map.entry(LearnedSelfAttentionLayer.class, ATTENTION),
          Map.entry(RecurrentAttentionLayer.class, union(RECURRENT, ATTENTION)));

  private GraftableWeights() {}

  /** The graftable parameters of a layer, each with its view; none for an unknown class. */
  static Map<String, WeightView> of(Layer configuration) {
    if (configuration instanceof Bidirectional both) {
      return union(prefixed("f", of(both.getFwd())), prefixed("b", of(both.getBwd())));
    }
    if (configuration instanceof BaseWrapperLayer wrapper) {
      return of(wrapper.getUnderlying());
    }
    return BY_SORT.getOrDefault(configuration.getClass(), Map.of());
  }

  /** The same for a vertex that SameDiff computes. */
  static Map<String, WeightView> of(SameDiffVertex configuration) {
    return configuration.getClass() == AttentionVertex.class ? ATTENTION : Map.of();
  }

  private static Map<String, WeightView> prefixed(String prefix, Map<String, WeightView> weights) {
    Map<String, WeightView> result = new LinkedHashMap<>();
    weights.forEach((key, view) -> result.put(prefix + key, view));
    return result;
  }

  private static Map<String, WeightView> union(
      Map<String, WeightView> first, Map<String, WeightView> second) {
    Map<String, WeightView> result = new LinkedHashMap<>(first);
    result.putAll(second);
    return result;
  }

  private static Map<String, WeightView> seen(WeightView view, String... keys) {
    Map<String, WeightView> result = new LinkedHashMap<>();
    for (String key : keys) {
      result.put(key, view);
    }
    return result;
  }
}
