package org.peft4j.benchmarks.compare;

import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.config.Precision;

/**
 * The unavoidable cost of a step in any implementation: per frozen matrix element and token two
 * floating-point operations forward, and two more for the gradient of the input. Attention, norms,
 * adapters and the loss do not count, so the share of the peak is too low rather than too high.
 */
final class Cost {
  private final double weights;

  private Cost(double weights) {
    this.weights = weights;
  }

  static Cost of(ModelArchitecture model) {
    return new Cost(
        model.sites().stream()
            .filter(site -> site.kind() == SiteKind.LINEAR)
            .mapToDouble(Cost::elements)
            .sum());
  }

  private static double elements(Site site) {
    return (double) site.inputs() * site.outputs();
  }

  /** Operations of a step on that many tokens. */
  double flops(Row row, int tokens) {
    return switch (row.work()) {
      case TRAIN -> 4 * weights * tokens;
      case FORWARD, GENERATE -> 2 * weights * tokens;
    };
  }

  /** Bytes to read if every token goes through all matrices separately. */
  double bytes(Row row, int tokens) {
    return weights * tokens * (row.precision() == Precision.BF16 ? Short.BYTES : Float.BYTES);
  }
}
