package org.peft4j.diffusion;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.regularization.Regularization;
import org.peft4j.error.PeftException;
import org.peft4j.quantization.Quantization;
import org.peft4j.transformers.config.Precision;

/**
 * How to load a model of pictures.
 *
 * @param dataType FLOAT or DOUBLE: the type of all computation
 * @param precision FP32 holds weights in {@code dataType}, BF16 in half the memory of FLOAT
 * @param quantization how the linear weights are held in fewer bits; convolutions and products have
 *     {@code precision}
 * @param gradientCheckpointing whether layers keep only their input for the backward pass and
 *     recompute the rest: less memory, a third more time, the same gradients; bit for bit in FP32,
 *     while BF16 rounds what is kept and not what is recomputed
 * @param offload where the weights of layers stay in their file, the bytes of the first layers that
 *     remain in memory once they were read: those of the layer that will follow are read ahead, and
 *     a layer's are given back when it has run; the same numbers bit for bit
 * @param updater the updater of adapters that train on the model
 * @param regularization regularisation of the adapters, such as weight decay
 * @param seed the seed of the graph
 */
public record DiffusionOptions(
    DataType dataType,
    Precision precision,
    Optional<Quantization> quantization,
    boolean gradientCheckpointing,
    OptionalLong offload,
    IUpdater updater,
    List<Regularization> regularization,
    long seed) {
  private static final double LEARNING_RATE = 1e-4;

  public DiffusionOptions {
    if (dataType != DataType.FLOAT && dataType != DataType.DOUBLE) {
      throw new PeftException("dataType is " + dataType + "; allowed: FLOAT, DOUBLE.");
    }
    if (precision == Precision.BF16 && dataType != DataType.FLOAT) {
      throw new PeftException("precision BF16 needs the dataType FLOAT; it is " + dataType + ".");
    }
    if (offload.isPresent() && offload.getAsLong() < 0) {
      throw new PeftException(
          "offload keeps " + offload.getAsLong() + " bytes; allowed: 0 or more.");
    }
    regularization = List.copyOf(regularization);
  }

  /** FLOAT, FP32, nothing quantised or offloaded, no checkpointing, Adam (1e-4), seed 0. */
  public static DiffusionOptions defaults() {
    return new DiffusionOptions(
        DataType.FLOAT,
        Precision.FP32,
        Optional.empty(),
        false,
        OptionalLong.empty(),
        new Adam(LEARNING_RATE),
        List.of(),
        0);
  }

  public DiffusionOptions withDataType(DataType value) {
    return new DiffusionOptions(
        value,
        precision,
        quantization,
        gradientCheckpointing,
        offload,
        updater,
        regularization,
        seed);
  }

  public DiffusionOptions withPrecision(Precision value) {
    return new DiffusionOptions(
        dataType,
        value,
        quantization,
        gradientCheckpointing,
        offload,
        updater,
        regularization,
        seed);
  }

  /** The linear weights in fewer bits, made while they are read. */
  public DiffusionOptions withQuantization(Quantization value) {
    return new DiffusionOptions(
        dataType,
        precision,
        Optional.of(value),
        gradientCheckpointing,
        offload,
        updater,
        regularization,
        seed);
  }

  public DiffusionOptions withGradientCheckpointing(boolean value) {
    return new DiffusionOptions(
        dataType, precision, quantization, value, offload, updater, regularization, seed);
  }

  /** Leaves the weights of layers in their file, or not. */
  public DiffusionOptions withOffload(boolean value) {
    return withOffload(value ? OptionalLong.of(0) : OptionalLong.empty());
  }

  /**
   * Leaves the weights of layers in their file, with as many of the first layers in memory as have
   * this many bytes together: they are read once.
   */
  public DiffusionOptions withOffloadKeeping(long bytes) {
    return withOffload(OptionalLong.of(bytes));
  }

  private DiffusionOptions withOffload(OptionalLong value) {
    return new DiffusionOptions(
        dataType,
        precision,
        quantization,
        gradientCheckpointing,
        value,
        updater,
        regularization,
        seed);
  }

  public DiffusionOptions withUpdater(IUpdater value) {
    return new DiffusionOptions(
        dataType,
        precision,
        quantization,
        gradientCheckpointing,
        offload,
        value,
        regularization,
        seed);
  }

  public DiffusionOptions withRegularization(List<Regularization> value) {
    return new DiffusionOptions(
        dataType, precision, quantization, gradientCheckpointing, offload, updater, value, seed);
  }

  public DiffusionOptions withSeed(long value) {
    return new DiffusionOptions(
        dataType,
        precision,
        quantization,
        gradientCheckpointing,
        offload,
        updater,
        regularization,
        value);
  }
}
