package org.peft4j.ia3;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.peft4j.adapter.Adapter;
import org.peft4j.config.ConfigReader;
import org.peft4j.config.ConfigWriter;
import org.peft4j.config.ModuleSelector;
import org.peft4j.method.Injection;
import org.peft4j.method.PeftMethod;
import org.peft4j.plan.SelectorMatch;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/** (IA)³'s injector, for linear maps and convolutions. */
public final class Ia3Method implements PeftMethod<Ia3Config> {
  @Override
  public String peftType() {
    return Ia3Config.PEFT_TYPE;
  }

  @Override
  public Class<Ia3Config> configType() {
    return Ia3Config.class;
  }

  @Override
  public Ia3Config readConfig(ConfigReader json) {
    Optional<ModuleSelector> feedforward = json.selector("feedforward_modules");
    boolean initWeights = json.bool("init_ia3_weights", true);
    boolean fanInFanOut = json.bool("fan_in_fan_out", false);
    return new Ia3Config(json.common("ia3"), feedforward, initWeights, fanInFanOut);
  }

  @Override
  public ObjectNode writeConfig(Ia3Config config) {
    ObjectNode json = ConfigWriter.common(Ia3Config.PEFT_TYPE, "ia3", config.common());
    // Hugging Face PEFT has no such fields for this method.
    json.remove(List.of("bias", "layers_to_transform", "layers_pattern"));
    ConfigWriter.selector(json, "feedforward_modules", config.feedforwardModules());
    if (config.feedforwardModules().isEmpty()) {
      json.putArray("feedforward_modules");
    }
    json.put("fan_in_fan_out", config.fanInFanOut());
    json.put("init_ia3_weights", config.initWeights());
    return json;
  }

  @Override
  public Set<SiteKind> siteKinds() {
    return EnumSet.of(SiteKind.LINEAR, SiteKind.CONVOLUTION);
  }

  @Override
  public Optional<Adapter> inject(Site site, Ia3Config config, Injection injection) {
    boolean scalesInput =
        config.feedforwardModules().map(f -> SelectorMatch.means(f, site)).orElse(false);
    return Optional.of(new Ia3Scale(site, scalesInput, !config.initWeights()));
  }

  @Override
  public Ia3Config resolved(Ia3Config config, String modelType) {
    if (config.common().targetModules().isPresent() || config.feedforwardModules().isPresent()) {
      return config;
    }
    return new Ia3Config(
        config.common(),
        Ia3Targets.of(modelType).map(d -> new ModuleSelector.Names(d.feedforward())),
        config.initWeights(),
        config.fanInFanOut());
  }

  @Override
  public Optional<List<String>> defaultTargets(String modelType) {
    return Ia3Targets.of(modelType).map(Ia3Targets.Defaults::targets);
  }

  @Override
  public List<String> patterns(Ia3Config config) {
    return List.of();
  }
}
