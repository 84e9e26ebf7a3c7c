package org.peft4j.bottleneck.internal;

import java.util.Optional;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.Initializer;
import org.peft4j.bottleneck.BottleneckConfig;
import org.peft4j.bottleneck.Connections;
import org.peft4j.bottleneck.InitWeights;
import org.peft4j.bottleneck.Phm;
import org.peft4j.error.PeftException;
import org.peft4j.site.Site;

/**
 * Assembles a config's adapter at one place.
 *
 * @param identity the key of the whole adapter
 * @param first the adapter's first place, which holds a rule shared by all places
 */
record Assembly(Site site, BottleneckConfig config, Object identity, Site first) {
  private static final double BERT_SIGMA = 0.02;
  private static final double RULE_RANGE = 0.01;
  private static final String UP = "adapter_up";

  /**
   * The adapter.
   *
   * @throws PeftException if the config is impossible here
   */
  Adapter adapter() {
    Connections connections = config.connections();
    if (connections.parallel() && site.inputs() == 0) {
      throw new PeftException(
          "A parallel adapter needs a residual connection, and there is none at "
              + site.name()
              + ". Use houlsby() or pfeiffer() there, or leave it out with exclude_modules.");
    }
    Optional<PhmRule> shared = config.phm().filter(Phm::sharedRule).map(this::sharedRule);
    boolean zero = config.initWeights() == InitWeights.MAM_ADAPTER;
    // The adapters library counts modules before the projection: the normalisation is number 0.
    String down = connections.lnBefore() ? "adapter_down.1" : "adapter_down.0";
    Bottleneck bottleneck =
        new Bottleneck(
            site,
            size(),
            norm(connections.lnBefore(), "adapter_norm_before"),
            projection(down, width(), size(), shared, false),
            config.nonLinearity(),
            projection(UP, size(), width(), shared, zero),
            config.scaling(),
            config.dropout());
    return new BottleneckAdapter(
        site,
        identity,
        connections,
        bottleneck,
        norm(connections.lnAfter(), "adapter_norm_after"),
        shared);
  }

  private long width() {
    return site.outputs();
  }

  /** The bottleneck's width. */
  private long size() {
    return Math.max(1, (long) Math.floor(width() / config.reductionFactor()));
  }

  private Optional<AdapterNorm> norm(boolean present, String name) {
    return present ? Optional.of(new AdapterNorm(name, width())) : Optional.empty();
  }

  private Projection projection(
      String prefix, long in, long out, Optional<PhmRule> shared, boolean zero) {
    return config
        .phm()
        .<Projection>map(phm -> kronecker(prefix, in, out, phm, shared, zero))
        .orElseGet(() -> new DenseProjection(prefix, in, out, initializer(in, zero)));
  }

  private Initializer initializer(long in, boolean zero) {
    if (config.initWeights() == InitWeights.BERT) {
      return Initializer.normal(BERT_SIGMA);
    }
    return zero ? Initializer.zeros() : Initializer.uniform(1 / Math.sqrt(in));
  }

  private PhmProjection kronecker(
      String prefix, long in, long out, Phm phm, Optional<PhmRule> shared, boolean zero) {
    if (in % phm.dim() != 0 || out % phm.dim() != 0) {
      throw new PeftException(
          "phm_dim %d must divide the width and the bottleneck; at %s these are %d and, with reduction_factor %s, %d. Use another phm_dim or reduction_factor, or leave out the place."
              .formatted(phm.dim(), site.name(), width(), config.reductionFactor(), size()));
    }
    PhmRule rule = shared.orElseGet(() -> ownRule(prefix, phm));
    return new PhmProjection(prefix, in, out, phm, rule, zero);
  }

  private static PhmRule ownRule(String prefix, Phm phm) {
    String name = prefix + "." + PhmRule.SHARED;
    return new PhmRule(name, Optional.empty(), true, phm.dim(), initializer(phm));
  }

  private PhmRule sharedRule(Phm phm) {
    boolean here = site.equals(first);
    return new PhmRule(PhmRule.SHARED, Optional.of(identity), here, phm.dim(), initializer(phm));
  }

  private static Initializer initializer(Phm phm) {
    return switch (phm.ruleInit()) {
      case NORMAL -> Initializer.normal(RULE_RANGE);
      case UNIFORM -> Initializer.uniform(RULE_RANGE);
    };
  }
}
