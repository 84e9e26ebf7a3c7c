package org.peft4j.bottleneck;

import java.util.List;

/**
 * An adapter's input, and how its part enters the sub-layer's output. Let y be the sub-layer's
 * output and x its input, which the model adds after the adapter:
 *
 * <pre>
 * seen  = y + x if originalLnBefore, else y          (x if parallel)
 * start = y, or y + x, by residualBeforeLn           (y if parallel)
 * y    ← N(z(seen)) + start, or N(z(seen) + start)   with z = s·up(f(down(N'(seen))))
 * y    ← y − x unless originalLnAfter, so that the model's sum is without x
 * </pre>
 *
 * <p>N' needs {@code lnBefore}, N needs {@code lnAfter}; without them they are the identity. In the
 * {@code adapters} library, models that normalise after the sum also do so in the first line; here
 * the sum alone counts.
 *
 * @param originalLnBefore whether the adapter's input is the sum
 * @param originalLnAfter whether to add x after the adapter
 * @param lnBefore whether the adapter has a layer normalisation before its first projection
 * @param lnAfter whether it has one after its second projection
 * @param residualBeforeLn the start of the connection
 * @param adapterResidualBeforeLn whether to add the connection before N
 * @param parallel whether the adapter's input is x: beside the sub-layer instead of after it
 */
public record Connections(
    boolean originalLnBefore,
    boolean originalLnAfter,
    boolean lnBefore,
    boolean lnAfter,
    ConnectionStart residualBeforeLn,
    boolean adapterResidualBeforeLn,
    boolean parallel) {
  /** After the sub-layer (Houlsby et al. 2019). */
  public static final Connections HOULSBY =
      new Connections(false, true, false, false, ConnectionStart.OUTPUT, false, false);

  /** After the sum (Pfeiffer et al. 2021). */
  public static final Connections PFEIFFER =
      new Connections(true, true, false, false, ConnectionStart.OUTPUT, false, false);

  /** Beside the sub-layer (He et al. 2022). */
  public static final Connections PARALLEL =
      new Connections(false, true, false, false, ConnectionStart.OUTPUT, false, true);

  /** Beside the sub-layer or after it; an adapter beside it has no sum as input. */
  Connections withParallel(boolean value) {
    return new Connections(
        originalLnBefore && !value,
        originalLnAfter,
        lnBefore,
        lnAfter,
        residualBeforeLn,
        adapterResidualBeforeLn,
        value);
  }

  Connections withOriginalLn(boolean before, boolean after) {
    return new Connections(
        before, after, lnBefore, lnAfter, residualBeforeLn, adapterResidualBeforeLn, parallel);
  }

  Connections withLn(boolean before, boolean after) {
    return new Connections(
        originalLnBefore,
        originalLnAfter,
        before,
        after,
        residualBeforeLn,
        adapterResidualBeforeLn,
        parallel);
  }

  Connections withResidual(ConnectionStart start, boolean addedBeforeLn) {
    return new Connections(
        originalLnBefore, originalLnAfter, lnBefore, lnAfter, start, addedBeforeLn, parallel);
  }

  void check(List<String> problems) {
    if (residualBeforeLn == ConnectionStart.POST_ADD && !originalLnBefore) {
      problems.add(
          "residual_before_ln is \"post_add\", which needs original_ln_before true: it is that sum.");
    }
    if (parallel && (originalLnBefore || adapterResidualBeforeLn)) {
      problems.add(
          "is_parallel is true; original_ln_before and adapter_residual_before_ln must be false.");
    }
    if (parallel && residualBeforeLn != ConnectionStart.OUTPUT) {
      problems.add("is_parallel is true; residual_before_ln must be true.");
    }
  }
}
