package org.peft4j.internal.samediff.sites;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.functions.DifferentialFunction;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.peft4j.site.SiteKind;
import org.peft4j.weight.WeightView;

/**
 * What an argument of an operation is for it, if that is a weight.
 *
 * @param view the argument as W
 * @param bias the index of the bias among the arguments; −1 if the operation adds none
 * @param beside see {@link Use}
 * @param channelsFirst whether the output's features are its second dimension
 */
public record Role(
    SiteKind kind, WeightView view, int bias, @Nullable Record beside, boolean channelsFirst) {
  private static Optional<Role> of(SiteKind kind, WeightView view, int bias) {
    return Optional.of(new Role(kind, view, bias, null, false));
  }

  /** The same role for the variable from which the argument comes by turning its dimensions. */
  Optional<Role> of(Carried carried) {
    return carried.view(view).map(own -> new Role(kind, own, bias, null, channelsFirst));
  }

  /** The role of a weight of that rank. */
  static Optional<Role> of(DifferentialFunction function, int argument, int rank, int arguments) {
    if (!(function instanceof DynamicCustomOp op)) {
      return Optional.empty();
    }
    return switch (op.opName()) {
      case "matmul" -> matmul(NativeOp.of(op), argument, rank);
      case "xw_plus_b" -> affine(NativeOp.of(op), argument, rank, true);
      case "relu_layer" -> affine(NativeOp.of(op), argument, rank, false);
      case "gather" -> lookUp(NativeOp.of(op), argument, rank, arguments);
      case "layer_norm" ->
          argument == 1 && rank == 1
              ? of(SiteKind.NORM, WeightView.AS_STORED, arguments > 2 ? 2 : -1)
              : Optional.empty();
      case "conv1d" -> convolution(op, argument, rank, 3, 5, 6, arguments);
      case "conv2d" -> convolution(op, argument, rank, 4, 9, 10, arguments);
      case "multi_head_dot_product_attention" -> attention(argument, rank);
      case "lstmLayer" -> recurrent(op, argument, rank);
      default -> Optional.empty();
    };
  }

  /** Whether an operation is a product {@code z ← α·x·y + β·z} with a β that is not 0. */
  public static boolean addsToMemory(DynamicCustomOp op) {
    double[] reals = op.opName().equals("matmul") ? op.tArgs() : new double[0];
    return reals.length > 1 && reals[1] != 0;
  }

  private static Optional<Role> matmul(NativeOp op, int argument, int rank) {
    boolean plain = op.reals().length < 2 || op.reals()[0] == 1 && op.reals()[1] == 0;
    if (rank != 2 || argument > 1 || !plain) {
      return Optional.empty();
    }
    Product product = Product.matmul(op, argument == 0);
    return Optional.of(new Role(SiteKind.LINEAR, product.view(), -1, product, false));
  }

  private static Optional<Role> affine(NativeOp op, int argument, int rank, boolean plain) {
    if (argument != 1 || rank != 2 || op.flag(0) || op.flag(1) || op.flag(2)) {
      return Optional.empty();
    }
    Product product = Product.affine(op);
    return Optional.of(new Role(SiteKind.LINEAR, product.view(), 2, plain ? product : null, false));
  }

  /** A table whose rows are looked up: along the first dimension, by ids that are an argument. */
  private static Optional<Role> lookUp(NativeOp op, int argument, int rank, int arguments) {
    boolean rows = arguments == 2 && !op.flag(0);
    return argument == 0 && rank == 2 && rows
        ? Optional.of(new Role(SiteKind.EMBEDDING, WeightView.AS_STORED, -1, op, false))
        : Optional.empty();
  }

  private static Optional<Role> convolution(
      DynamicCustomOp op,
      int argument,
      int rank,
      int rankOfWeight,
      int data,
      int format,
      int arguments) {
    if (argument != 1 || rank != rankOfWeight) {
      return Optional.empty();
    }
    NativeOp conv = NativeOp.of(op);
    long order = format < conv.integers().length ? conv.integers()[format] : 0;
    WeightView view =
        order == 0
            ? WeightView.KERNEL_INPUTS_FIRST
            : order == 1 ? WeightView.AS_STORED : WeightView.INPUTS_LAST;
    return Optional.of(
        new Role(SiteKind.CONVOLUTION, view, arguments > 2 ? 2 : -1, null, !conv.flag(data)));
  }

  private static Optional<Role> attention(int argument, int rank) {
    if (argument >= 3 && argument <= 5 && rank == 3) {
      return of(SiteKind.LINEAR, WeightView.HEADS_JOINED, -1);
    }
    return argument == 6 && rank == 2
        ? of(SiteKind.LINEAR, WeightView.TRANSPOSED, -1)
        : Optional.empty();
  }

  /** The first weight has the bias. Both directions in one array are not graftable. */
  private static Optional<Role> recurrent(DynamicCustomOp op, int argument, int rank) {
    if (rank != 2 || argument != 1 && argument != 2) {
      return Optional.empty();
    }
    boolean biased = op.bArgs().length > 0 && op.bArgs()[0];
    return of(SiteKind.LINEAR, WeightView.TRANSPOSED, argument == 1 && biased ? 3 : -1);
  }
}
