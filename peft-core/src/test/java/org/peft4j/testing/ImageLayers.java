package org.peft4j.testing;

import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.Convolution3D;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Layers of images. */
final class ImageLayers {
  private static final int CHANNELS = 4;

  private ImageLayers() {}

  static Stream<LayerCase> kinds() {
    return Stream.of(
        images("convolution 2d", CNN2DFormat.NCHW, convolution(2, 3).build()),
        convolution3d(),
        images(
            "batch norm of channels",
            CNN2DFormat.NCHW,
            new BatchNormalization.Builder().name("layer").build()));
  }

  static Stream<LayerCase> variants() {
    return Stream.of(
        images(
            "convolution 2d, channels last",
            CNN2DFormat.NHWC,
            convolution(2, 2).dataFormat(CNN2DFormat.NHWC).build()),
        images(
            "convolution 2d without bias",
            CNN2DFormat.NCHW,
            convolution(2, 2).hasBias(false).build()),
        images(
            "pooling, which has no parameters",
            CNN2DFormat.NCHW,
            new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.MAX)
                .name("layer")
                .kernelSize(2, 2)
                .build()),
        images(
            "separable convolution, frozen",
            CNN2DFormat.NCHW,
            new SeparableConvolution2D.Builder(2, 2).name("layer").nOut(CHANNELS).build()));
  }

  private static ConvolutionLayer.Builder convolution(int height, int width) {
    return new ConvolutionLayer.Builder(height, width).name("layer").nOut(CHANNELS);
  }

  private static LayerCase images(String name, CNN2DFormat format, Layer layer) {
    INDArray x = Samples.random(Samples.ROWS, 2, 4, 5);
    return new LayerCase(
        name,
        "layer",
        InputType.convolutional(4, 5, 2, format),
        format == CNN2DFormat.NCHW ? x : x.permute(0, 2, 3, 1).dup('c'),
        Samples.labels(Samples.ROWS),
        null,
        null,
        new ConvolutionLayer.Builder(2, 2).name("below").nOut(CHANNELS).dataFormat(format).build(),
        layer,
        Samples.softmax(!name.contains("without bias")));
  }

  private static LayerCase convolution3d() {
    return new LayerCase(
        "convolution 3d",
        "layer",
        InputType.convolutional3D(Convolution3D.DataFormat.NCDHW, 3, 3, 3, 2),
        Samples.random(Samples.ROWS, 2, 3, 3, 3),
        Samples.labels(Samples.ROWS),
        null,
        null,
        new Convolution3D.Builder(2, 2, 2)
            .name("layer")
            .nOut(CHANNELS)
            .dataFormat(Convolution3D.DataFormat.NCDHW)
            .build(),
        new GlobalPoolingLayer.Builder(PoolingType.AVG).name("pooling").build(),
        Samples.softmax(true));
  }
}
