package org.peft4j.benchmarks.compare;

import java.util.Optional;
import org.peft4j.benchmarks.work.Peak;
import org.peft4j.benchmarks.work.Workload;

/**
 * What was measured for a row.
 *
 * @param peak the highest rates of all rounds; empty where they could not be measured
 */
record RowResult(Row row, Cost cost, Optional<Peak.Rates> peak, Samples ours, Samples theirs) {

  /**
   * The share of what the machine can do that the fastest step reached: of the rate of products, or
   * of memory where tokens go through the model one by one.
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
