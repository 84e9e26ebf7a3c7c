package org.peft4j.lora.internal.combine;

import java.util.Arrays;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.method.Combination;
import org.peft4j.method.Combination.Majority;

/**
 * The weighted sum of arrays, entry by entry, after pruning some entries. Magnitude pruning keeps
 * the ⌊density·n⌋ largest of an array's n entries; random pruning keeps each with probability
 * density and divides it by that (DARE, Yu et al. 2023). An election keeps those of an entry's
 * values that have the majority's sign, and divides their sum by their number (TIES, Yadav et al.
 * 2023).
 */
final class EntrySum {
  private final Combination how;
  private final Draw draw;
  private final String name;

  /**
   * @param draw chooses randomly kept entries
   * @param name the sum's name, for the draw
   */
  EntrySum(Combination how, Draw draw, String name) {
    this.how = how;
    this.draw = draw;
    this.name = name;
  }

  /** The sum of arrays of one shape. */
  INDArray of(List<INDArray> arrays, List<Double> weights) {
    double[][] entries = new double[arrays.size()][];
    for (int i = 0; i < entries.length; i++) {
      entries[i] = pruned(arrays.get(i).dup('c').data().asDouble(), i);
    }
    double[] sum = new double[entries[0].length];
    for (int e = 0; e < sum.length; e++) {
      sum[e] = how.type().elects() ? elected(entries, weights, e) : total(entries, weights, e);
    }
    return Nd4j.createFromArray(sum).reshape('c', arrays.get(0).shape());
  }

  private static double total(double[][] entries, List<Double> weights, int e) {
    double sum = 0;
    for (int i = 0; i < entries.length; i++) {
      sum += weights.get(i) * entries[i][e];
    }
    return sum;
  }

  private double elected(double[][] entries, List<Double> weights, int e) {
    double votes = 0;
    for (double[] own : entries) {
      votes += how.majority() == Majority.TOTAL ? own[e] : Math.signum(own[e]);
    }
    double sign = votes >= 0 ? 1 : -1;
    double sum = 0;
    int count = 0;
    for (int i = 0; i < entries.length; i++) {
      if (Math.signum(entries[i][e]) == sign) {
        sum += weights.get(i) * entries[i][e];
        count++;
      }
    }
    return sum / Math.max(1, count);
  }

  private double[] pruned(double[] values, int index) {
    double density = how.density().orElse(1);
    if (density == 1) {
      return values;
    }
    return switch (how.type().prune()) {
      case NONE -> values;
      case MAGNITUDE -> largest(values, (int) (density * values.length));
      case RANDOM -> drawn(values, density, index);
    };
  }

  private static double[] largest(double[] values, int count) {
    double[] sizes = Arrays.stream(values).map(Math::abs).sorted().toArray();
    if (count == 0) {
      return new double[values.length];
    }
    double least = sizes[sizes.length - count];
    long larger = Arrays.stream(sizes).filter(size -> size > least).count();
    long equal = count - larger;
    double[] kept = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      double size = Math.abs(values[i]);
      if (size > least || (size == least && equal-- > 0)) {
        kept[i] = values[i];
      }
    }
    return kept;
  }

  private double[] drawn(double[] values, double density, int index) {
    boolean[] drawn = draw.kept(name, index, values.length);
    double[] kept = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      kept[i] = drawn[i] ? values[i] / density : 0;
    }
    return kept;
  }
}
