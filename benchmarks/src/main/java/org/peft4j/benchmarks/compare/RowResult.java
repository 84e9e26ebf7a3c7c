package org.peft4j.benchmarks.compare;

import java.util.Optional;
import org.peft4j.benchmarks.work.Peak;
import org.peft4j.benchmarks.work.Workload;

/**
 * The measurements of a row.
 *
 * @param peak the highest rates of all rounds; empty if not measured
 */
record RowResult(Row row, Cost cost, Optional<Peak.Rates> peak, Samples ours, Samples theirs) {

  /**
   * The share of the machine's peak that the fastest step reached: of the rate of products, or of
   * memory if tokens go through the model one by one.
   */
  Optional<Double> shareOfPeak(Samples samples) {
    int tokens = samples.tokensPerStep();
    return peak.map(
        rates ->
            row.work() == Workload.GENERATE
                ? cost.bytes(row, tokens) / samples.seconds().least() / rates.bytes()
                : cost.flops(row, tokens) / samples.seconds().least() / rates.flops());
  }

  boolean hasBoth() {
    return !ours.isEmpty() && !theirs.isEmpty();
  }
}
