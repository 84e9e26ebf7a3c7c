package org.peft4j.lora.vera;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.peft4j.adapter.Adapter;
import org.peft4j.config.CommonConfig;
import org.peft4j.config.ConfigReader;
import org.peft4j.config.ConfigWriter;
import org.peft4j.lora.DefaultTargets;
import org.peft4j.method.Injection;
import org.peft4j.method.ModelModules;
import org.peft4j.method.PeftMethod;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/** VeRA's injector, for linear maps. */
public final class VeraMethod implements PeftMethod<VeraConfig> {
  @Override
  public String peftType() {
    return VeraConfig.PEFT_TYPE;
  }

  @Override
  public Class<VeraConfig> configType() {
    return VeraConfig.class;
  }

  @Override
  public VeraConfig readConfig(ConfigReader json) {
    int rank = json.integer("r", 256);
    int key = json.integer("projection_prng_key", 0);
    boolean save = json.bool("save_projection", true);
    double dropout = json.number("vera_dropout", 0);
    double initial = json.number("d_initial", 0.1);
    boolean fanInFanOut = json.bool("fan_in_fan_out", false);
    boolean init = json.bool("init_weights", true);
    CommonConfig common = json.common("vera", "VeRA config");
    return new VeraConfig(common, rank, key, save, dropout, initial, fanInFanOut, init);
  }

  @Override
  public ObjectNode writeConfig(VeraConfig config) {
    ObjectNode json = ConfigWriter.common(VeraConfig.PEFT_TYPE, "vera", config.common());
    json.put("r", config.rank());
    json.put("projection_prng_key", config.projectionKey());
    json.put("save_projection", config.saveProjection());
    json.put("vera_dropout", config.dropout());
    json.put("d_initial", config.dInitial());
    json.put("fan_in_fan_out", config.fanInFanOut());
    json.put("init_weights", config.init());
    return json;
  }

  @Override
  public Set<SiteKind> siteKinds() {
    return EnumSet.of(SiteKind.LINEAR);
  }

  @Override
  public Optional<Adapter> inject(Site site, VeraConfig config, Injection injection) {
    Projections projections =
        injection.shared(Projections.class, () -> projections(config, injection.targets()));
    return Optional.of(new VeraLinear(site, config, projections));
  }

  /** Large enough for the widest target in each direction. */
  private static Projections projections(VeraConfig config, List<Site> targets) {
    return new Projections(
        config.projectionKey(),
        config.rank(),
        targets.stream().mapToLong(Site::inputs).max().orElseThrow(),
        targets.stream().mapToLong(Site::outputs).max().orElseThrow());
  }

  @Override
  public Optional<List<String>> defaultTargets(ModelModules model) {
    return model.type().filter("phi"::equals).isPresent()
        ? Optional.of(List.of("q_proj", "v_proj"))
        : DefaultTargets.of(model);
  }

  @Override
  public List<String> patterns(VeraConfig config) {
    return List.of();
  }
}
