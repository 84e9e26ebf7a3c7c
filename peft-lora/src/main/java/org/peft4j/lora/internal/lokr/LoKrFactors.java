package org.peft4j.lora.internal.lokr;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.lora.internal.lycoris.CoreFactor;
import org.peft4j.lora.internal.lycoris.Factor;
import org.peft4j.lora.internal.lycoris.Factor.Start;
import org.peft4j.lora.internal.lycoris.FullFactor;
import org.peft4j.lora.internal.lycoris.LowRankFactor;
import org.peft4j.lora.lokr.LoKrConfig;
import org.peft4j.lora.lokr.LoKrInit;
import org.peft4j.site.Site;

/**
 * The form of the factors at a site: w1 is full unless {@code decompose_both} is true and r is
 * below half its larger side; w2 is full if r is at least half its larger side, otherwise of rank
 * r, with a core if a convolution's kernel has one.
 */
record LoKrFactors(Site site, LoKrConfig config, Kronecker product) {
  private int rank() {
    return config.fields().ranks().rankAt(site);
  }

  private boolean below(long rows, long columns) {
    return rank() < Math.max(rows, columns) / 2.0;
  }

  Factor first() {
    long rows = product.outputs().small();
    long columns = product.inputs().small();
    Start start = config.init() == LoKrInit.STANDARD ? Start.ZERO : Start.UNIFORM;
    return config.decomposeBoth() && below(rows, columns)
        ? new LowRankFactor("lokr_w1", start, Start.UNIFORM, rows, rank(), columns)
        : new FullFactor("lokr_w1", start, List.of(rows, columns));
  }

  Factor second() {
    long rows = product.outputs().large();
    long columns = product.inputs().large();
    Start last = config.init() == LoKrInit.LYCORIS ? Start.ZERO : Start.UNIFORM;
    if (!below(rows, columns)) {
      List<Long> shape = new ArrayList<>(List.of(rows, columns));
      shape.addAll(site.kernel());
      return new FullFactor("lokr_w2", last, shape);
    }
    if (config.fields().effectiveConvolution()
        && site.kernel().stream().anyMatch(extent -> extent > 1)) {
      return new CoreFactor("lokr_w2", "lokr_t2", last, rows, rank(), columns, site.kernel());
    }
    long all = site.kernel().stream().reduce(columns, Math::multiplyExact);
    return new LowRankFactor("lokr_w2", Start.UNIFORM, last, rows, rank(), all);
  }
}
