package org.peft4j.internal.samediff.sites;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.peft4j.weight.WeightView;

/**
 * A variable that another one is but for the order of its dimensions. Imports from ONNX turn a
 * kernel before its convolution, and split it into one part.
 *
 * @param origin the variable at the beginning
 * @param axes the dimensions of the origin, in the order of the variable
 */
record Carried(String origin, int[] axes) {
  private static final List<WeightView> MATRICES =
      List.of(WeightView.AS_STORED, WeightView.TRANSPOSED);
  private static final List<WeightView> KERNELS =
      List.of(
          WeightView.AS_STORED,
          WeightView.KERNEL_INPUTS_FIRST,
          WeightView.INPUTS_LAST,
          WeightView.INPUTS_FIRST,
          WeightView.KERNEL_FIRST);

  /** Follows a variable to where its values come from. */
  static Carried of(SameDiff graph, String variable) {
    String name = variable;
    List<SameDiffOp> turns = new ArrayList<>();
    for (SameDiffOp op = producer(graph, name); op != null; op = producer(graph, name)) {
      if (turns(op)) {
        turns.add(op);
      } else if (!passes(op)) {
        break;
      }
      name = GraphParts.inputs(op).get(0);
    }
    INDArray array = turns.isEmpty() ? null : graph.getVariable(name).getArr();
    int rank = array == null ? 0 : array.rank();
    int[] axes = IntStream.range(0, rank).toArray();
    for (SameDiffOp op : array == null ? List.<SameDiffOp>of() : turns) {
      int[] order = order(op, rank);
      axes = IntStream.of(axes).map(axis -> order[axis]).toArray();
    }
    return new Carried(name, axes);
  }

  /** Where a variable begins that only gets other names. */
  static String unturned(SameDiff graph, String variable) {
    String name = variable;
    for (SameDiffOp op = producer(graph, name);
        op != null && passes(op);
        op = producer(graph, name)) {
      name = GraphParts.inputs(op).get(0);
    }
    return name;
  }

  private static @Nullable SameDiffOp producer(SameDiff graph, String variable) {
    String name = GraphParts.variable(graph, variable).getOutputOfOp();
    return name == null ? null : GraphParts.op(graph, name);
  }

  /** Whether an operation puts the dimensions of its only input into another order. */
  static boolean turns(SameDiffOp op) {
    String name = op.getOp().opName();
    return GraphParts.inputs(op).size() == 1
        && (name.equals("permute") || name.equals("transpose"));
  }

  /** The input's dimensions in the order of the output's. */
  private static int[] order(SameDiffOp op, int rank) {
    long[] order = ((DynamicCustomOp) op.getOp()).iArgs();
    return order.length == rank
        ? Arrays.stream(order).mapToInt(axis -> Math.floorMod((int) axis, rank)).toArray()
        : IntStream.range(0, rank).map(axis -> rank - 1 - axis).toArray();
  }

  /** Whether an operation gives its only input back. */
  static boolean passes(SameDiffOp op) {
    String name = op.getOp().opName();
    return GraphParts.inputs(op).size() == 1
        && op.getOutputsOfOp().size() == 1
        && (name.equals("identity") || name.equals("concat") || name.equals("split"));
  }

  /** The shape of the variable, where that of the origin is {@code shape}. */
  long[] turned(long[] shape) {
    return turned() ? IntStream.of(axes).mapToLong(axis -> shape[axis]).toArray() : shape;
  }

  /** Whether its dimensions are in another order than the origin's. */
  boolean turned() {
    return !Arrays.equals(axes, IntStream.range(0, axes.length).toArray());
  }

  /** The view of the origin that {@code view} is of the variable, if there is such a view. */
  Optional<WeightView> view(WeightView view) {
    if (!turned()) {
      return Optional.of(view);
    }
    if (!of(axes.length).contains(view)) {
      return Optional.empty();
    }
    // Different extents tell the dimensions apart.
    long[] extents = Arrays.copyOf(new long[] {2, 3, 5, 7, 11}, axes.length);
    long[] turned = IntStream.of(axes).mapToLong(axis -> extents[axis]).toArray();
    return of(axes.length).stream()
        .filter(each -> Arrays.equals(each.shape(extents), view.shape(turned)))
        .findFirst();
  }

  private static List<WeightView> of(int rank) {
    return rank == 2 ? MATRICES : KERNELS;
  }
}
