package org.peft4j.internal.original.stock;

import java.util.Optional;
import org.deeplearning4j.nn.api.layers.IOutputLayer;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.layers.BaseRecurrentLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.Convolution3D;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Deconvolution3D;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LearnedSelfAttentionLayer;
import org.deeplearning4j.nn.conf.layers.RecurrentAttentionLayer;
import org.deeplearning4j.nn.conf.layers.SelfAttentionLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.conf.layers.recurrent.TimeDistributed;
import org.deeplearning4j.nn.conf.layers.util.MaskZeroLayer;
import org.deeplearning4j.nn.conf.layers.wrapper.BaseWrapperLayer;
import org.peft4j.internal.original.OutputPlace;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/**
 * The places after activations, named {@code layer.output}. Every layer but output layers has one
 * if its configuration states the number of features.
 */
final class OutputPlaces {
  private OutputPlaces() {}

  static Optional<OutputPlace> of(String name, StockLayer base) {
    Layer configuration = base.configuration().getLayer();
    long width = base.layer() instanceof IOutputLayer ? 0 : width(configuration);
    if (width <= 0) {
      return Optional.empty();
    }
    Site site = Site.place(name + ".output", name, SiteKind.SUBLAYER, 0, width);
    return Optional.of(
        new OutputPlace(
            site, sequenceFeaturesLast(configuration), imageFeaturesLast(configuration)));
  }

  /** The number of features; 0 if the configuration does not state it. */
  private static long width(Layer layer) {
    if (layer instanceof DepthwiseConvolution2D depthwise) {
      return depthwise.getNIn() * depthwise.getDepthMultiplier();
    }
    if (layer instanceof FeedForwardLayer stated) {
      return stated.getNOut();
    }
    if (layer instanceof Bidirectional both) {
      return both.getNOut();
    }
    if (layer instanceof SelfAttentionLayer attention) {
      return attention.getNOut();
    }
    if (layer instanceof LearnedSelfAttentionLayer attention) {
      return attention.getNOut();
    }
    if (layer instanceof RecurrentAttentionLayer attention) {
      return attention.getNOut();
    }
    return keepsFeatures(layer) ? width(((BaseWrapperLayer) layer).getUnderlying()) : 0;
  }

  private static boolean keepsFeatures(Layer layer) {
    return layer instanceof LastTimeStep
        || layer instanceof MaskZeroLayer
        || layer instanceof TimeDistributed;
  }

  private static boolean sequenceFeaturesLast(Layer layer) {
    if (layer instanceof BaseRecurrentLayer recurrent) {
      return recurrent.getRnnDataFormat() == RNNFormat.NWC;
    }
    if (layer instanceof Convolution1DLayer convolution) {
      return convolution.getRnnDataFormat() == RNNFormat.NWC;
    }
    if (layer instanceof EmbeddingSequenceLayer embedding) {
      return embedding.getOutputFormat() == RNNFormat.NWC;
    }
    if (layer instanceof Bidirectional both) {
      return both.getRNNDataFormat() == RNNFormat.NWC;
    }
    if (layer instanceof TimeDistributed wrapper) {
      return wrapper.getRnnDataFormat() == RNNFormat.NWC;
    }
    return layer instanceof BaseWrapperLayer wrapper
        && sequenceFeaturesLast(wrapper.getUnderlying());
  }

  private static boolean imageFeaturesLast(Layer layer) {
    if (layer instanceof Convolution3D convolution) {
      return convolution.getDataFormat() == Convolution3D.DataFormat.NDHWC;
    }
    if (layer instanceof Deconvolution3D deconvolution) {
      return deconvolution.getDataFormat() == Convolution3D.DataFormat.NDHWC;
    }
    if (layer instanceof ConvolutionLayer convolution) {
      return convolution.getCnn2dDataFormat() == CNN2DFormat.NHWC;
    }
    return layer instanceof BatchNormalization norm && norm.getCnn2DFormat() == CNN2DFormat.NHWC;
  }
}
