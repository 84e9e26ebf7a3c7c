package org.peft4j.onednn.internal.picture;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_BIAS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_WEIGHTS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_FROM;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_TO;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.bytedeco.dnnl.convolution_backward_data;
import org.bytedeco.dnnl.convolution_backward_weights;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.reorder;
import org.peft4j.kernel.Convolution;
import org.peft4j.onednn.internal.Native;
import org.peft4j.onednn.internal.Primitive;

/**
 * A convolution, or one of its gradients, of pictures with their channels last. oneDNN chooses the
 * layout of the weight; a {@link Weight} is brought there and back.
 *
 * @param accumulate whether a forward pass adds to its result
 * @param half whether pictures and weight are BFLOAT16; the result is FLOAT
 */
record ConvolutionKey(
    Pass pass,
    Convolution shape,
    long batch,
    long in,
    long out,
    boolean bias,
    boolean accumulate,
    boolean half) {
  /** Which product. */
  enum Pass {
    FORWARD,
    INPUT_GRADIENT,
    WEIGHT_GRADIENT
  }

  /** The bytes of weights in the layouts that oneDNN chose. */
  private static final Map<ConvolutionKey, Long> SIZES = new ConcurrentHashMap<>();

  private memory.desc pictures(long channels, long height, long width, boolean narrow) {
    long[] strides = {height * width * channels, 1, width * channels, channels};
    return Native.strided(
        narrow ? memory.data_type.bf16 : memory.data_type.f32,
        new long[] {batch, channels, height, width},
        strides);
  }

  private memory.desc source(boolean narrow) {
    return pictures(in, shape.height(), shape.width(), narrow);
  }

  private memory.desc result(boolean narrow) {
    return pictures(out, shape.outputHeight(), shape.outputWidth(), narrow);
  }

  private long[] kernel() {
    return new long[] {out, in, shape.window().kernelHeight(), shape.window().kernelWidth()};
  }

  private memory.desc anyWeight() {
    return new memory.desc(
        kernel(), half ? memory.data_type.bf16 : memory.data_type.f32, memory.format_tag.any);
  }

  private memory.desc plainWeight(boolean narrow) {
    long[] k = kernel();
    return Native.strided(
        narrow ? memory.data_type.bf16 : memory.data_type.f32,
        k,
        new long[] {k[1] * k[2] * k[3], k[2] * k[3], k[3], 1});
  }

  private long[] strides() {
    return new long[] {shape.window().stride(), shape.window().stride()};
  }

  private long[] before() {
    return new long[] {shape.window().top(), shape.window().left()};
  }

  private long[] after() {
    return new long[] {shape.window().bottom(), shape.window().right()};
  }

  private convolution_forward.primitive_desc forward() {
    try (memory.desc x = source(half);
        memory.desc w = anyWeight();
        memory.desc b = Native.dense(out);
        memory.desc y = result(half && pass != Pass.FORWARD);
        primitive_attr attributes = new primitive_attr();
        post_ops afterwards = new post_ops()) {
      if (accumulate) {
        afterwards.append_sum();
        attributes.set_post_ops(afterwards);
      }
      return bias
          ? new convolution_forward.primitive_desc(
              Native.ENGINE,
              dnnl.prop_kind.forward_training,
              dnnl.algorithm.convolution_direct,
              x,
              w,
              b,
              y,
              strides(),
              before(),
              after(),
              attributes,
              false)
          : new convolution_forward.primitive_desc(
              Native.ENGINE,
              dnnl.prop_kind.forward_training,
              dnnl.algorithm.convolution_direct,
              x,
              w,
              y,
              strides(),
              before(),
              after(),
              attributes,
              false);
    }
  }

  private convolution_backward_data.primitive_desc inputGradient() {
    try (convolution_forward.primitive_desc hint = forward();
        memory.desc dx = source(false);
        memory.desc w = anyWeight();
        memory.desc dy = result(half)) {
      return new convolution_backward_data.primitive_desc(
          Native.ENGINE,
          dnnl.algorithm.convolution_direct,
          dx,
          w,
          dy,
          strides(),
          before(),
          after(),
          hint);
    }
  }

  private convolution_backward_weights.primitive_desc weightGradient() {
    try (convolution_forward.primitive_desc hint = forward();
        memory.desc x = source(false);
        memory.desc dw = anyWeight();
        memory.desc dy = result(false)) {
      return new convolution_backward_weights.primitive_desc(
          Native.ENGINE,
          dnnl.algorithm.convolution_direct,
          x,
          dw,
          dy,
          strides(),
          before(),
          after(),
          hint);
    }
  }

  /** The arguments in their order: source, weight, result, and the bias. */
  Primitive compile() {
    switch (pass) {
      case FORWARD -> {
        try (convolution_forward.primitive_desc description = forward();
            memory.desc b = Native.dense(out)) {
          Primitive primitive =
              new Primitive(new convolution_forward(description))
                  .argument(DNNL_ARG_SRC, description.src_desc())
                  .argument(DNNL_ARG_WEIGHTS, description.weights_desc())
                  .argument(DNNL_ARG_DST, description.dst_desc());
          return bias ? primitive.argument(DNNL_ARG_BIAS, b) : primitive;
        }
      }
      case INPUT_GRADIENT -> {
        try (convolution_backward_data.primitive_desc description = inputGradient()) {
          return new Primitive(new convolution_backward_data(description))
              .argument(DNNL_ARG_DIFF_DST, description.diff_dst_desc())
              .argument(DNNL_ARG_WEIGHTS, description.weights_desc())
              .argument(DNNL_ARG_DIFF_SRC, description.diff_src_desc());
        }
      }
      default -> {
        try (convolution_backward_weights.primitive_desc description = weightGradient()) {
          return new Primitive(new convolution_backward_weights(description))
              .argument(DNNL_ARG_SRC, description.src_desc())
              .argument(DNNL_ARG_DIFF_WEIGHTS, description.diff_weights_desc())
              .argument(DNNL_ARG_DIFF_DST, description.diff_dst_desc());
        }
      }
    }
  }

  private memory.desc chosenWeight() {
    switch (pass) {
      case FORWARD -> {
        try (convolution_forward.primitive_desc description = forward()) {
          return new memory.desc(description.weights_desc());
        }
      }
      case INPUT_GRADIENT -> {
        try (convolution_backward_data.primitive_desc description = inputGradient()) {
          return new memory.desc(description.weights_desc());
        }
      }
      default -> {
        try (convolution_backward_weights.primitive_desc description = weightGradient()) {
          return new memory.desc(description.diff_weights_desc());
        }
      }
    }
  }

  /** The bytes of the weight in the layout that oneDNN chose. */
  long weightBytes() {
    return SIZES.computeIfAbsent(
        this,
        key -> {
          try (memory.desc chosen = key.chosenWeight()) {
            return chosen.get_size();
          }
        });
  }

  /**
   * Brings a weight from a checkpoint's layout to the one that oneDNN chose, or a gradient back.
   *
   * @param stored whether the checkpoint's is BFLOAT16
   */
  record Weight(ConvolutionKey of, boolean stored) {
    Primitive compile() {
      boolean back = of.pass() == Pass.WEIGHT_GRADIENT;
      try (memory.desc plain = of.plainWeight(stored);
          memory.desc chosen = of.chosenWeight();
          reorder.primitive_desc description =
              back
                  ? new reorder.primitive_desc(Native.ENGINE, chosen, Native.ENGINE, plain)
                  : new reorder.primitive_desc(Native.ENGINE, plain, Native.ENGINE, chosen)) {
        return new Primitive(new reorder(description))
            .argument(DNNL_ARG_FROM, back ? chosen : plain)
            .argument(DNNL_ARG_TO, back ? plain : chosen);
      }
    }
  }
}
