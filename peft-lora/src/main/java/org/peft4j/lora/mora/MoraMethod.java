package org.peft4j.lora.mora;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
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

/** MoRA's injector, for linear maps and convolutions. */
public final class MoraMethod implements PeftMethod<MoraConfig> {
  @Override
  public String peftType() {
    return MoraConfig.PEFT_TYPE;
  }

  @Override
  public Class<MoraConfig> configType() {
    return MoraConfig.class;
  }

  @Override
  public MoraConfig readConfig(ConfigReader json) {
    int rank = json.integer("r", 8);
    Map<String, Integer> pattern =
        json.numbers(
            "rank_pattern",
            n -> n.canConvertToExactIntegral() && n.canConvertToInt() ? n.intValue() : null);
    int number = json.integer("mora_type", MoraType.ROTATION.number());
    Optional<MoraType> type = MoraType.of(number);
    if (type.isEmpty()) {
      json.problem("mora_type is " + number + "; allowed: 1 (sharing), 6 (rotation).");
    }
    double dropout = json.number("mora_dropout", 0);
    CommonConfig common = json.common("mora", "MoRA config");
    return new MoraConfig(common, rank, pattern, type.orElseThrow(), dropout);
  }

  @Override
  public ObjectNode writeConfig(MoraConfig config) {
    ObjectNode json = ConfigWriter.common(MoraConfig.PEFT_TYPE, "mora", config.common());
    json.put("r", config.rank());
    ObjectNode ranks = json.putObject("rank_pattern");
    config.rankPattern().forEach(ranks::put);
    json.put("mora_type", config.type().number());
    json.put("mora_dropout", config.dropout());
    return json;
  }

  @Override
  public Set<SiteKind> siteKinds() {
    return EnumSet.of(SiteKind.LINEAR, SiteKind.CONVOLUTION);
  }

  @Override
  public Optional<Adapter> inject(Site site, MoraConfig config, Injection injection) {
    long columns = site.kernel().stream().reduce(site.inputs(), Math::multiplyExact);
    MoraMap map = MoraMap.of(columns, site.outputs(), config.ranks().rankAt(site), config.type());
    MoraWeight whole = new MoraWeight(site, map, config.dropout());
    return Optional.of(site.kind() == SiteKind.LINEAR ? new MoraLinear(whole) : whole);
  }

  @Override
  public Optional<List<String>> defaultTargets(ModelModules model) {
    return DefaultTargets.of(model);
  }

  @Override
  public List<String> patterns(MoraConfig config) {
    return List.copyOf(config.rankPattern().keySet());
  }
}
