package org.peft4j.lora.mora;

import com.fasterxml.jackson.databind.node.IntNode;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.peft4j.adapter.Adapter;
import org.peft4j.config.ConfigFields;
import org.peft4j.config.FieldRole;
import org.peft4j.config.FieldType;
import org.peft4j.lora.DefaultTargets;
import org.peft4j.lora.common.Ranks;
import org.peft4j.lora.mora.MoraConfig.Builder;
import org.peft4j.method.Injection;
import org.peft4j.method.ModelModules;
import org.peft4j.method.PeftMethod;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/** MoRA's injector, for linear maps and convolutions. */
public final class MoraMethod implements PeftMethod<MoraConfig> {
  private static final FieldType<MoraType> TYPE =
      FieldType.of(
              "1 (sharing), 6 (rotation)",
              n -> MoraType.of(n.asInt()).orElse(null),
              type -> IntNode.valueOf(type.number()))
          .listed();

  private static final ConfigFields<MoraConfig, Builder> FIELDS =
      ConfigFields.of("MoRA", "mora", MoraConfig::builder, Builder::build)
          .add(
              "r",
              FieldType.RANK,
              "Rank of the LoRA that has about as many elements.",
              MoraConfig::rank,
              Builder::rank)
          .role(FieldRole.RANK)
          .add(
              "rank_pattern",
              Ranks.RANK_PATTERN,
              "Other ranks, by the end of a module's path.",
              MoraConfig::rankPattern,
              (builder, pattern) -> pattern.forEach(builder::rankPattern))
          .add(
              "mora_type",
              TYPE,
              "How inputs are brought to the size of the matrix.",
              MoraConfig::type,
              Builder::type)
          .add(
              "mora_dropout",
              FieldType.DROPOUT,
              "Probability that an input is dropped in training.",
              MoraConfig::dropout,
              Builder::dropout)
          .role(FieldRole.DROPOUT);

  @Override
  public String peftType() {
    return MoraConfig.PEFT_TYPE;
  }

  @Override
  public Class<MoraConfig> configType() {
    return MoraConfig.class;
  }

  @Override
  public ConfigFields<MoraConfig, ?> fields() {
    return FIELDS;
  }

  @Override
  public List<String> tensorPrefixes() {
    return List.of("mora_");
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
