package org.peft4j.testing;

import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.Convolution3D;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Deconvolution2D;
import org.deeplearning4j.nn.conf.layers.Deconvolution3D;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
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

  static Stream<LayerCase> rare() {
    return Stream.of(
        separable().targeting("separable convolution", "layer"),
        depthwise(CNN2DFormat.NCHW),
        deconvolution(CNN2DFormat.NCHW),
        deconvolution3d(Convolution3D.DataFormat.NCDHW));
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
        separable().targeting("separable convolution, depthwise part", "layer.W"),
        separable().targeting("separable convolution, pointwise part", "layer.pW"),
        depthwise(CNN2DFormat.NHWC),
        deconvolution(CNN2DFormat.NHWC),
        deconvolution3d(Convolution3D.DataFormat.NDHWC));
  }

  private static LayerCase separable() {
    return images(
        "separable",
        CNN2DFormat.NCHW,
        new SeparableConvolution2D.Builder(2, 2)
            .name("layer")
            .nOut(CHANNELS)
            .depthMultiplier(2)
            .build());
  }

  private static LayerCase depthwise(CNN2DFormat format) {
    return images(
        "depthwise convolution" + last(format == CNN2DFormat.NHWC),
        format,
        new DepthwiseConvolution2D.Builder(2, 3)
            .name("layer")
            .depthMultiplier(2)
            .dataFormat(format)
            .build());
  }

  private static LayerCase deconvolution(CNN2DFormat format) {
    return images(
        "deconvolution 2d" + last(format == CNN2DFormat.NHWC),
        format,
        new Deconvolution2D.Builder(2, 3)
            .name("layer")
            .nOut(3)
            .stride(2, 1)
            .dataFormat(format)
            .build());
  }

  private static LayerCase deconvolution3d(Convolution3D.DataFormat format) {
    return volumes(
        "deconvolution 3d" + last(format == Convolution3D.DataFormat.NDHWC),
        format,
        new Deconvolution3D.Builder()
            .kernelSize(2, 1, 2)
            .name("layer")
            .nOut(CHANNELS)
            .dataFormat(format)
            .build());
  }

  private static String last(boolean channelsLast) {
    return channelsLast ? ", channels last" : "";
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
    return volumes(
        "convolution 3d",
        Convolution3D.DataFormat.NCDHW,
        new Convolution3D.Builder(2, 2, 2)
            .name("layer")
            .nOut(CHANNELS)
            .dataFormat(Convolution3D.DataFormat.NCDHW)
            .build());
  }

  private static LayerCase volumes(String name, Convolution3D.DataFormat format, Layer layer) {
    INDArray x = Samples.random(Samples.ROWS, 2, 3, 3, 3);
    return new LayerCase(
        name,
        "layer",
        InputType.convolutional3D(format, 3, 3, 3, 2),
        format == Convolution3D.DataFormat.NCDHW ? x : x.permute(0, 2, 3, 4, 1).dup('c'),
        Samples.labels(Samples.ROWS),
        null,
        null,
        layer,
        new GlobalPoolingLayer.Builder(PoolingType.AVG).name("pooling").build(),
        Samples.softmax(true));
  }
}
