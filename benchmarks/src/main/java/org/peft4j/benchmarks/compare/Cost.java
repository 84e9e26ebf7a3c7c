package org.peft4j.benchmarks.compare;

import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.config.Precision;

/**
 * What a step cannot avoid, whoever computes it: per frozen matrix element and token two
 * floating-point operations forward, and two more for the gradient of the input. Attention, norms,
 * adapters and the loss are left out, so that the share of the peak is rather too low than too
 * high.
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

  /** Operations of a step that works on so many tokens. */
  double flops(Row row, int tokens) {
    return switch (row.work()) {
      case TRAIN -> 4 * weights * tokens;
      case FORWARD, GENERATE -> 2 * weights * tokens;
    };
  }

  /** Bytes that must be read where every token goes through all matrices by itself. */
  double bytes(Row row, int tokens) {
    return weights * tokens * (row.precision() == Precision.BF16 ? Short.BYTES : Float.BYTES);
  }
}
