package org.peft4j.lora.internal.loha;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.peft4j.adapter.Adapter;
import org.peft4j.config.ConfigFields;
import org.peft4j.config.FieldType;
import org.peft4j.lora.internal.DefaultTargets;
import org.peft4j.lora.internal.lycoris.CoreFactor;
import org.peft4j.lora.internal.lycoris.Dropout;
import org.peft4j.lora.internal.lycoris.Factor;
import org.peft4j.lora.internal.lycoris.Factor.Start;
import org.peft4j.lora.internal.lycoris.LinearOnly;
import org.peft4j.lora.internal.lycoris.LowRankFactor;
import org.peft4j.lora.loha.LoHaConfig;
import org.peft4j.lora.loha.LoHaConfig.Builder;
import org.peft4j.lora.lycoris.LycorisFields;
import org.peft4j.method.Injection;
import org.peft4j.method.ModelModules;
import org.peft4j.method.PeftMethod;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/** LoHa's injector, for linear maps and convolutions. */
public final class LoHaMethod implements PeftMethod<LoHaConfig> {
  private static final ConfigFields<LoHaConfig, Builder> FIELDS =
      LycorisFields.describe(
              ConfigFields.of("LoHa", "loha", LoHaConfig::builder, Builder::build),
              LoHaConfig::fields)
          .add(
              "init_weights",
              FieldType.BOOL,
              "Start as no change; false, for tests, starts at random.",
              LoHaConfig::init,
              Builder::init);

  @Override
  public String peftType() {
    return LoHaConfig.PEFT_TYPE;
  }

  @Override
  public Class<LoHaConfig> configType() {
    return LoHaConfig.class;
  }

  @Override
  public ConfigFields<LoHaConfig, ?> fields() {
    return FIELDS;
  }

  @Override
  public List<String> tensorPrefixes() {
    return List.of("hada_");
  }

  @Override
  public Set<SiteKind> siteKinds() {
    return EnumSet.of(SiteKind.LINEAR, SiteKind.CONVOLUTION);
  }

  @Override
  public void saving(ModelModules model) {
    LinearOnly.tell("LoHa", model);
  }

  @Override
  public LoHaConfig resolved(LoHaConfig config, ModelModules model) {
    LinearOnly.tell("LoHa", model);
    return config;
  }

  @Override
  public Optional<Adapter> inject(Site site, LoHaConfig config, Injection injection) {
    LycorisFields fields = config.fields();
    int rank = fields.ranks().rankAt(site);
    boolean core =
        fields.effectiveConvolution() && site.kernel().stream().anyMatch(extent -> extent > 1);
    Start last = config.init() ? Start.ZERO : Start.UNIFORM;
    LoHaWeight whole =
        new LoHaWeight(
            site,
            factor(site, rank, core, "1", Start.UNIFORM),
            factor(site, rank, core, "2", last),
            fields.ranks().scaleAt(site),
            new Dropout(fields.rankDropout(), fields.moduleDropout(), true));
    boolean narrow = 2L * rank * rank <= Math.min(site.inputs(), site.outputs());
    return Optional.of(
        site.kind() == SiteKind.LINEAR && narrow ? new LoHaLinear(whole, rank) : whole);
  }

  private static Factor factor(Site site, int rank, boolean core, String number, Start last) {
    if (core) {
      return new CoreFactor(
          "hada_w" + number,
          "hada_t" + number,
          last,
          site.outputs(),
          rank,
          site.inputs(),
          site.kernel());
    }
    long columns = site.kernel().stream().reduce(site.inputs(), Math::multiplyExact);
    return new LowRankFactor("hada_w" + number, Start.UNIFORM, last, site.outputs(), rank, columns);
  }

  @Override
  public Optional<List<String>> defaultTargets(ModelModules model) {
    return DefaultTargets.of(model);
  }

  @Override
  public List<String> patterns(LoHaConfig config) {
    return config.fields().ranks().patterns();
  }
}
