package org.peft4j.transformers;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.regularization.Regularization;
import org.peft4j.error.PeftException;
import org.peft4j.quantization.Quantization;
import org.peft4j.start.BeforeQuantization;
import org.peft4j.transformers.config.Precision;

/**
 * How to load a checkpoint.
 *
 * @param dataType FLOAT or DOUBLE: the type of all computation
 * @param precision FP32 holds weights in {@code dataType}, BF16 in half the memory of FLOAT, and so
 *     most of what blocks keep for the backward pass
 * @param quantization how the linear weights of blocks are held in fewer bits; the rest, and the
 *     products, have {@code precision}
 * @param beforeQuantization what is quantised in place of each of them
 * @param gradientCheckpointing whether blocks keep only their input for the backward pass and
 *     recompute the rest: less memory, a third more time, the same gradients; bit for bit in FP32,
 *     while BF16 rounds what is kept and not what is recomputed
 * @param updater the updater of adapters that train on the model
 * @param regularization regularisation of the adapters, such as weight decay
 * @param seed the seed of the graph
 * @param tokenTypes whether the graph has a second input, {@code token_type_ids} [batch, time];
 *     without it all types are 0. For encoders with types of tokens: two sentences in one sequence
 * @param labelSmoothing ε of the loss of tokens and of classes, 0 for none: {@code (1 − ε)·(−log
 *     p(label)) + ε·(the mean of −log p over the vocabulary, or the classes)} (Szegedy et al.,
 *     2016); below 1
 * @param widening whether weights that the checkpoint itself holds in fewer bits become numbers of
 *     {@code precision}: for merging into them
 * @param neftuneAlpha α of NEFTune's noise on the embeddings of tokens in training, uniform between
 *     ±α/√(L·d) for L tokens of width d (Jain et al., 2023); 0 for none
 * @param offload where the weights of blocks stay in their file, the bytes of the first blocks that
 *     remain in memory once they were read: the pages of the block that will follow are read ahead,
 *     and those of one that has run are given back
 * @param interpolatedPositions whether a vision model reads pictures of other sizes than its own:
 *     its positions are interpolated, as with transformers' {@code interpolate_pos_encoding}
 */
public record TransformerOptions(
    DataType dataType,
    Precision precision,
    Optional<Quantization> quantization,
    BeforeQuantization beforeQuantization,
    boolean gradientCheckpointing,
    IUpdater updater,
    List<Regularization> regularization,
    long seed,
    boolean tokenTypes,
    double labelSmoothing,
    boolean widening,
    double neftuneAlpha,
    OptionalLong offload,
    boolean interpolatedPositions) {
  private static final double LEARNING_RATE = 1e-4;

  public TransformerOptions {
    if (dataType != DataType.FLOAT && dataType != DataType.DOUBLE) {
      throw new PeftException("dataType is " + dataType + "; allowed: FLOAT, DOUBLE.");
    }
    if (precision == Precision.BF16 && dataType != DataType.FLOAT) {
      throw new PeftException("precision BF16 needs the dataType FLOAT; it is " + dataType + ".");
    }
    if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
      throw new PeftException(
          "labelSmoothing is " + labelSmoothing + "; allowed: 0 or more, below 1.");
    }
    if (!(neftuneAlpha >= 0 && Double.isFinite(neftuneAlpha))) {
      throw new PeftException(
          "neftuneAlpha is " + neftuneAlpha + "; allowed: 0 and above, finite.");
    }
    if (offload.isPresent() && offload.getAsLong() < 0) {
      throw new PeftException(
          "offload keeps " + offload.getAsLong() + " bytes; allowed: 0 or more.");
    }
    regularization = List.copyOf(regularization);
  }

  /**
   * FLOAT, FP32, no quantisation, no checkpointing, Adam with a learning rate of 1e-4, no
   * regularisation, no label smoothing, seed 0.
   */
  public static TransformerOptions defaults() {
    return new TransformerOptions(
        DataType.FLOAT,
        Precision.FP32,
        Optional.empty(),
        BeforeQuantization.NONE,
        false,
        new Adam(LEARNING_RATE),
        List.of(),
        0,
        false,
        0,
        false,
        0,
        OptionalLong.empty(),
        false);
  }

  public TransformerOptions withDataType(DataType value) {
    return changed(fields -> fields.dataType = value);
  }

  public TransformerOptions withPrecision(Precision value) {
    return changed(fields -> fields.precision = value);
  }

  /** The linear weights of blocks in fewer bits, made while they are read. */
  public TransformerOptions withQuantization(Quantization value) {
    return changed(fields -> fields.quantization = Optional.of(value));
  }

  /** Something else in place of each weight that is quantised, such as what LoftQ leaves of it. */
  public TransformerOptions withBeforeQuantization(BeforeQuantization value) {
    return changed(fields -> fields.beforeQuantization = value);
  }

  public TransformerOptions withGradientCheckpointing(boolean value) {
    return changed(fields -> fields.gradientCheckpointing = value);
  }

  public TransformerOptions withUpdater(IUpdater value) {
    return changed(fields -> fields.updater = value);
  }

  public TransformerOptions withRegularization(List<Regularization> value) {
    return changed(fields -> fields.regularization = value);
  }

  /** The loss of tokens, or of classes, with that ε, in training and evaluation. */
  public TransformerOptions withLabelSmoothing(double value) {
    return changed(fields -> fields.labelSmoothing = value);
  }

  public TransformerOptions withSeed(long value) {
    return changed(fields -> fields.seed = value);
  }

  public TransformerOptions withTokenTypes(boolean value) {
    return changed(fields -> fields.tokenTypes = value);
  }

  /** A quantised checkpoint's weights as numbers, so that adapters can be merged into them. */
  public TransformerOptions withWidening(boolean value) {
    return changed(fields -> fields.widening = value);
  }

  /**
   * NEFTune: noise on the embeddings of tokens in training, uniform between ±α/√(L·d); 0 for none.
   */
  public TransformerOptions withNeftuneAlpha(double value) {
    return changed(fields -> fields.neftuneAlpha = value);
  }

  /**
   * The weights of blocks in their mapped file, of which one block at a time is in memory: for
   * checkpoints of safetensors whose matrices are held as they lie there, as numbers in the
   * precision of the options or in fewer bits.
   */
  public TransformerOptions withOffload(boolean value) {
    OptionalLong offload = value ? OptionalLong.of(0) : OptionalLong.empty();
    return changed(fields -> fields.offload = offload);
  }

  /**
   * The same, with as many of the first blocks in memory as have this many bytes together: they are
   * read once.
   */
  public TransformerOptions withOffloadKeeping(long bytes) {
    return changed(fields -> fields.offload = OptionalLong.of(bytes));
  }

  /** Pictures of any size, for a vision model whose own pictures are square. */
  public TransformerOptions withInterpolatedPositions(boolean value) {
    return changed(fields -> fields.interpolatedPositions = value);
  }

  private TransformerOptions changed(Consumer<Fields> change) {
    Fields fields = new Fields(this);
    change.accept(fields);
    return fields.options();
  }

  /** The options while one of them changes. */
  private static final class Fields {
    private DataType dataType;
    private Precision precision;
    private Optional<Quantization> quantization;
    private BeforeQuantization beforeQuantization;
    private boolean gradientCheckpointing;
    private IUpdater updater;
    private List<Regularization> regularization;
    private long seed;
    private boolean tokenTypes;
    private double labelSmoothing;
    private boolean widening;
    private double neftuneAlpha;
    private OptionalLong offload;
    private boolean interpolatedPositions;

    Fields(TransformerOptions options) {
      dataType = options.dataType;
      precision = options.precision;
      quantization = options.quantization;
      beforeQuantization = options.beforeQuantization;
      gradientCheckpointing = options.gradientCheckpointing;
      updater = options.updater;
      regularization = options.regularization;
      seed = options.seed;
      tokenTypes = options.tokenTypes;
      labelSmoothing = options.labelSmoothing;
      widening = options.widening;
      neftuneAlpha = options.neftuneAlpha;
      offload = options.offload;
      interpolatedPositions = options.interpolatedPositions;
    }

    TransformerOptions options() {
      return new TransformerOptions(
          dataType,
          precision,
          quantization,
          beforeQuantization,
          gradientCheckpointing,
          updater,
          regularization,
          seed,
          tokenTypes,
          labelSmoothing,
          widening,
          neftuneAlpha,
          offload,
          interpolatedPositions);
    }
  }
}
