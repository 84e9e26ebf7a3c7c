package org.peft4j.bottleneck;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.peft4j.PeftException;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.Initializer;
import org.peft4j.config.ConfigReader;
import org.peft4j.config.ModuleSelector;
import org.peft4j.method.Injection;
import org.peft4j.method.PeftMethod;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/** The injector of bottleneck adapters, for the places after sub-layers and layers. */
public final class BottleneckMethod implements PeftMethod<BottleneckConfig> {
  private static final double BERT_SIGMA = 0.02;
  private static final double RULE_RANGE = 0.01;

  @Override
  public String peftType() {
    return BottleneckConfig.PEFT_TYPE;
  }

  @Override
  public Class<BottleneckConfig> configType() {
    return BottleneckConfig.class;
  }

  @Override
  public BottleneckConfig readConfig(ConfigReader json) {
    return BottleneckJson.read(json);
  }

  @Override
  public ObjectNode writeConfig(BottleneckConfig config) {
    return BottleneckJson.write(config);
  }

  @Override
  public Set<SiteKind> siteKinds() {
    return EnumSet.of(SiteKind.SUBLAYER);
  }

  @Override
  public Optional<ModuleSelector> implicitTargets(BottleneckConfig config) {
    return Optional.of(new ModuleSelector.Every());
  }

  @Override
  public Optional<List<String>> defaultTargets(String modelType) {
    return Optional.empty();
  }

  @Override
  public List<String> patterns(BottleneckConfig config) {
    return List.of();
  }

  @Override
  public Optional<Adapter> inject(Site site, BottleneckConfig config, Injection injection) {
    if (site.equals(injection.targets().get(0))) {
      Places.check(injection.targets(), config);
    }
    List<Site> places = Places.of(injection.targets(), config);
    return places.contains(site)
        ? Optional.of(adapter(site, config, injection, site.equals(places.get(0))))
        : Optional.empty();
  }

  private static Adapter adapter(
      Site site, BottleneckConfig config, Injection injection, boolean first) {
    Connections connections = config.connections();
    if (connections.parallel() && site.inputs() == 0) {
      throw new PeftException(
          "A parallel adapter is beside a residual connection, and nothing goes past the layer of "
              + site.name()
              + ". Take houlsby() or pfeiffer() there, or leave it out with exclude_modules.");
    }
    long width = site.outputs();
    long size = Math.max(1, (long) Math.floor(width / config.reductionFactor()));
    config.phm().ifPresent(phm -> requireDivides(site, phm, size, config));
    Optional<PhmRule> shared =
        config.phm().filter(Phm::sharedRule).map(phm -> sharedRule(phm, injection, first));
    boolean mam = config.initWeights() == InitWeights.MAM_ADAPTER;
    Initializer bert = Initializer.normal(BERT_SIGMA);
    Initializer kaiming = Initializer.uniform(1 / Math.sqrt(width));
    String down = connections.lnBefore() ? "adapter_down.1" : "adapter_down.0";
    String up = "adapter_up";
    Projection first1 =
        config
            .phm()
            .<Projection>map(phm -> phm(down, width, size, phm, shared, false))
            .orElseGet(() -> new DenseProjection(down, width, size, mam ? kaiming : bert));
    Projection second =
        config
            .phm()
            .<Projection>map(phm -> phm(up, size, width, phm, shared, mam))
            .orElseGet(
                () -> new DenseProjection(up, size, width, mam ? Initializer.zeros() : bert));
    Bottleneck bottleneck =
        new Bottleneck(
            site,
            size,
            norm(connections.lnBefore(), "adapter_norm_before", width),
            first1,
            config.nonLinearity(),
            second,
            config.scaling(),
            config.dropout());
    return new BottleneckAdapter(
        site,
        injection,
        connections,
        bottleneck,
        norm(connections.lnAfter(), "adapter_norm_after", width),
        shared);
  }

  private static Optional<AdapterNorm> norm(boolean present, String name, long width) {
    return present ? Optional.of(new AdapterNorm(name, width)) : Optional.empty();
  }

  private static PhmProjection phm(
      String prefix, long in, long out, Phm phm, Optional<PhmRule> shared, boolean zero) {
    PhmRule rule =
        shared.orElseGet(
            () ->
                new PhmRule(
                    prefix + "." + PhmRule.SHARED, Optional.empty(), true, phm.dim(), init(phm)));
    return new PhmProjection(prefix, in, out, phm, rule, zero);
  }

  private static PhmRule sharedRule(Phm phm, Injection injection, boolean here) {
    return new PhmRule(PhmRule.SHARED, Optional.of(injection), here, phm.dim(), init(phm));
  }

  private static Initializer init(Phm phm) {
    return phm.ruleInit() == Phm.RuleInit.NORMAL
        ? Initializer.normal(RULE_RANGE)
        : Initializer.uniform(RULE_RANGE);
  }

  private static void requireDivides(Site site, Phm phm, long size, BottleneckConfig config) {
    if (site.outputs() % phm.dim() != 0 || size % phm.dim() != 0) {
      throw new PeftException(
          "phm_dim "
              + phm.dim()
              + " must divide the width and the bottleneck; at "
              + site.name()
              + " these are "
              + site.outputs()
              + " and, with reduction_factor "
              + config.reductionFactor()
              + ", "
              + size
              + ". Take another phm_dim or reduction_factor, or leave the place out.");
    }
  }
}
