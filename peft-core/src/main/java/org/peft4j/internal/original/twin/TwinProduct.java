package org.peft4j.internal.original.twin;

import java.util.Arrays;
import java.util.function.Function;
import org.deeplearning4j.exception.DL4JInvalidInputException;
import org.deeplearning4j.nn.conf.layers.BaseOutputLayer;
import org.deeplearning4j.nn.params.DefaultParamInitializer;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.graft.DetachedTape;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.graft.LinearGrafts;
import org.peft4j.internal.graft.SiteGrafts;
import org.peft4j.site.Site;

/**
 * The product in a stock layer with the adapters beside it: {@code z = x·W + Σ adapter(x)}, where W
 * [in, out] is the frozen weight. The gradient of W is computed only where a trainable copy stands
 * in for it.
 */
final class TwinProduct {
  private static final String WEIGHT = DefaultParamInitializer.WEIGHT_KEY;
  private static final String BIAS = DefaultParamInitializer.BIAS_KEY;

  private final LayerGrafts grafts;
  private final SiteGrafts site;
  private final LinearGrafts linear;
  private final DetachedTape tape;
  private @Nullable Pass pass;
  private @Nullable INDArray biasPart;

  TwinProduct(LayerGrafts grafts, Site site, DataType type) {
    this.grafts = grafts;
    this.site = grafts.at(site.name());
    this.linear = new LinearGrafts(this.site);
    this.tape = new DetachedTape(type);
  }

  /** A new input has come: the next forward pass draws new masks. */
  void newInput() {
    pass = null;
    biasPart = null;
    tape.close();
  }

  /** A parameter as it acts now: its trainable copy or the frozen one, a bias scaled. */
  @Nullable INDArray parameter(String name, @Nullable INDArray frozen) {
    INDArray own = site.optionalParameter(name, frozen);
    return own != null && name.equals(BIAS) ? linear.bias(own) : own;
  }

  /** Where the gradient of a parameter goes; null if it is frozen now. */
  @Nullable INDArray gradient(String name) {
    return site.gradient(name);
  }

  /** Whether anything below this layer trains. */
  boolean inputGradientNeeded() {
    return grafts.inputGradientNeeded();
  }

  /** The pre-activation without bias, [rows, out]. */
  INDArray forward(INDArray x, INDArray w, boolean training, LayerWorkspaceMgr workspaces) {
    if (x.rank() != 2 || x.size(1) != w.size(0)) {
      throw new DL4JInvalidInputException(
          "The input of layer "
              + site.site().name()
              + " has shape "
              + Arrays.toString(x.shape())
              + "; it must be a matrix of "
              + w.size(0)
              + " columns.");
    }
    INDArray z =
        workspaces.createUninitialized(ArrayType.ACTIVATIONS, w.dataType(), x.size(0), w.size(1));
    INDArray cast = x.castTo(w.dataType());
    input(cast, training, workspaces).mmuli(w, z);
    addAdapters(cast, z, training, workspaces);
    return z;
  }

  /**
   * The pre-activation [rows, out], with bias.
   *
   * @param parameters the layer's parameters by key as this pass sees them, with weight noise
   * @param bias whether the layer has one
   */
  INDArray biased(
      INDArray x,
      Function<String, INDArray> parameters,
      boolean bias,
      boolean training,
      LayerWorkspaceMgr workspaces) {
    INDArray z = forward(x, parameters.apply(WEIGHT), training, workspaces);
    return bias ? z.addiRowVector(parameters.apply(BIAS)) : z;
  }

  /** What the frozen product is applied to: x, or a scaled copy. */
  INDArray input(INDArray x, boolean training, LayerWorkspaceMgr workspaces) {
    if (linear.scalesInput()) {
      site.requireRowEach(x.size(0));
    }
    return linear.scalesInput() ? linear.input(pass(training), rowMajorInput(x, workspaces)) : x;
  }

  /** Adds the adapters' parts to {@code z}, whatever its strides. */
  void addAdapters(INDArray x, INDArray z, boolean training, LayerWorkspaceMgr workspaces) {
    if (!site.acts()) {
      return;
    }
    site.requireRowEach(z.size(0));
    INDArray rows = RowMajor.of(z, ArrayType.FF_WORKING_MEM, workspaces);
    linear.output(pass(training), null, rowMajorInput(x, workspaces), rows);
    if (rows != z) {
      z.assign(rows);
    }
  }

  /**
   * Writes the gradients of the adapters, and of W if it trains.
   *
   * @param delta the gradient of the pre-activation [rows, out]
   * @return the gradient of x [rows, in]; zeros if nobody needs it
   */
  INDArray backward(INDArray x, INDArray w, INDArray delta, LayerWorkspaceMgr workspaces) {
    if (!site.acts()) {
      return inputGradientNeeded()
          ? timesTransposed(w, delta, workspaces)
          : workspaces.create(ArrayType.ACTIVATION_GRAD, delta.dataType(), x.shape(), 'c');
    }
    Pass now = pass(true);
    INDArray rows = rowMajorInput(x.castTo(w.dataType()), workspaces);
    INDArray dy = RowMajor.of(delta, ArrayType.BP_WORKING_MEM, workspaces);
    INDArray upstream = linear.upstream(now, dy);
    INDArray weightGradient = gradient(WEIGHT);
    if (weightGradient != null) {
      weightGradient.assign(linear.input(now, rows).transpose().mmul(upstream));
    }
    INDArray dx;
    if (linear.scalesInput()) {
      dx =
          RowMajor.of(
              timesTransposed(w, upstream, workspaces), ArrayType.ACTIVATION_GRAD, workspaces);
      linear.inputGradient(now, rows, dx);
    } else if (inputGradientNeeded()) {
      dx = timesTransposed(w, upstream, workspaces);
    } else {
      dx = workspaces.create(ArrayType.ACTIVATION_GRAD, delta.dataType(), x.shape(), 'c');
    }
    linear.backward(now, null, rows, dy, inputGradientNeeded() ? dx : null, biasPart);
    return dx;
  }

  /**
   * The gradient of the loss by an output layer's pre-activation.
   *
   * @param labels [rows, out]
   * @param z the pre-activation [rows, out]
   */
  static INDArray lossGradient(
      BaseOutputLayer layer, INDArray labels, INDArray z, @Nullable INDArray mask) {
    return layer.getLossFn().computeGradient(labels, z, layer.getActivationFn(), mask);
  }

  /**
   * Writes the gradient of the bias if it trains, given that of the biased pre-activation. Call it
   * before {@link #backward}.
   *
   * @param frozen the frozen bias; null if the layer has none
   */
  void biasGradient(@Nullable INDArray frozen, INDArray delta) {
    if (frozen == null || !site.acts()) {
      return;
    }
    INDArray sum = delta.sum(0);
    INDArray gradient = gradient(BIAS);
    if (gradient != null) {
      gradient.assign(sum.reshape(gradient.shape()));
      linear.biasGradient(gradient);
    }
    biasPart = sum.muli(site.parameter(BIAS, frozen).reshape(sum.shape()));
  }

  /** {@code delta·Wᵀ}, row-major: the way in which Deeplearning4j itself computes it. */
  private static INDArray timesTransposed(
      INDArray w, INDArray delta, LayerWorkspaceMgr workspaces) {
    INDArray dx =
        workspaces.createUninitialized(
            ArrayType.ACTIVATION_GRAD,
            delta.dataType(),
            new long[] {w.size(0), delta.size(0)},
            'f');
    return w.mmuli(delta.transpose(), dx).transpose();
  }

  private static INDArray rowMajorInput(INDArray x, LayerWorkspaceMgr workspaces) {
    return RowMajor.of(x, ArrayType.FF_WORKING_MEM, workspaces);
  }

  private Pass pass(boolean training) {
    if (pass == null || pass.training() != training) {
      pass = training ? grafts.nextPass(true).on(tape) : grafts.nextPass(false);
    }
    return pass;
  }
}
