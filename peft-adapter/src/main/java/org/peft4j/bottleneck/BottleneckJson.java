package org.peft4j.bottleneck;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.peft4j.bottleneck.Phm.RuleInit;
import org.peft4j.bottleneck.Phm.WeightInit;
import org.peft4j.config.CommonConfig;
import org.peft4j.config.ConfigReader;
import org.peft4j.config.ConfigWriter;

/**
 * A {@link BottleneckConfig} in {@code adapter_config.json}, and back: the fields of PEFT's configs
 * and those of the {@code adapters} library's {@code BnConfig}, side by side. An absent field has
 * the value of {@link BottleneckConfig#pfeiffer()}.
 */
final class BottleneckJson {
  /** Variants that this library does not have, with the value that switches each off. */
  private static final Map<String, Boolean> OFF =
      Map.of(
          "use_gating", false,
          "cross_adapter", false,
          "shared_W_phm", false,
          "factorized_phm_rule", false,
          "learn_phm", true,
          "phm_bias", true);

  private static final String POST_ADD = "post_add";

  private BottleneckJson() {}

  static BottleneckConfig read(ConfigReader json) {
    OFF.forEach((field, off) -> refuse(json, field, json.bool(field, off) != off, off.toString()));
    refuse(json, "inv_adapter", json.any("inv_adapter").isPresent(), "null");
    json.any("inv_adapter_reduction_factor");
    json.any("init_weights_seed");
    refuse(json, "stochastic_depth", json.number("stochastic_depth", 0) != 0, "0");
    BottleneckConfig absent = BottleneckConfig.pfeiffer().build();
    boolean mh = json.bool("mh_adapter", absent.mhAdapter());
    boolean output = json.bool("output_adapter", absent.outputAdapter());
    double reduction = json.number("reduction_factor", absent.reductionFactor());
    NonLinearity f = nonLinearity(json, absent.nonLinearity());
    Connections connections = connections(json, absent.connections());
    InitWeights init =
        named(json, "init_weights", InitWeights.values(), InitWeights::json, absent.initWeights());
    Scaling scaling = scaling(json);
    List<Integer> leaveOut = json.integers("leave_out");
    double dropout = json.number("dropout", 0);
    Optional<Phm> phm = phm(json);
    CommonConfig common = json.common("bottleneck", "bottleneck config");
    return new BottleneckConfig(
        common, mh, output, reduction, f, connections, init, scaling, leaveOut, dropout, phm);
  }

  private static void refuse(ConfigReader json, String field, boolean on, String allowed) {
    if (on) {
      json.problem(
          field
              + " is set: this variant of bottleneck adapters is not supported; allowed: "
              + allowed
              + ".");
    }
  }

  private static NonLinearity nonLinearity(ConfigReader json, NonLinearity absent) {
    Optional<String> name = json.text("non_linearity").map(t -> t.toLowerCase(Locale.ROOT));
    Optional<NonLinearity> found = name.flatMap(NonLinearity::named);
    if (name.isPresent() && found.isEmpty()) {
      json.problem(unknown("non_linearity", name.get(), NonLinearity.allNames().toString()));
    }
    return found.orElse(absent);
  }

  private static Connections connections(ConfigReader json, Connections absent) {
    boolean parallel = json.bool("is_parallel", absent.parallel());
    return new Connections(
        json.bool("original_ln_before", !parallel && absent.originalLnBefore()),
        json.bool("original_ln_after", absent.originalLnAfter()),
        json.bool("ln_before", absent.lnBefore()),
        json.bool("ln_after", absent.lnAfter()),
        connectionStart(json),
        json.bool("adapter_residual_before_ln", absent.adapterResidualBeforeLn()),
        parallel);
  }

  private static ConnectionStart connectionStart(ConfigReader json) {
    JsonNode value = json.any("residual_before_ln").orElse(null);
    if (value == null || (value.isBoolean() && value.booleanValue())) {
      return ConnectionStart.OUTPUT;
    }
    if (value.isBoolean()) {
      return ConnectionStart.SEEN;
    }
    if (!value.asText().equals(POST_ADD)) {
      json.problem(unknown("residual_before_ln", value.asText(), "true, false, " + POST_ADD));
    }
    return ConnectionStart.POST_ADD;
  }

  private static Scaling scaling(ConfigReader json) {
    JsonNode value = json.any("scaling").orElse(null);
    if (value == null) {
      return Scaling.of(1);
    }
    if (value.isNumber()) {
      return Scaling.of(value.doubleValue());
    }
    if (value.asText().equals("channel")) {
      return Scaling.CHANNEL;
    }
    if (!value.asText().equals("learned")) {
      json.problem(unknown("scaling", value.asText(), "a number, learned, channel"));
    }
    return Scaling.LEARNED;
  }

  private static Optional<Phm> phm(ConfigReader json) {
    Phm absent = Phm.DEFAULT;
    boolean on = json.bool("phm_layer", false);
    Phm phm =
        new Phm(
            json.integer("phm_dim", absent.dim()),
            json.bool("factorized_phm_W", absent.factorized()),
            json.integer("phm_rank", absent.rank()),
            json.bool("shared_phm_rule", absent.sharedRule()),
            named(
                json,
                "phm_c_init",
                RuleInit.values(),
                BottleneckJson::lowerCase,
                absent.ruleInit()),
            named(
                json,
                "hypercomplex_nonlinearity",
                WeightInit.values(),
                BottleneckJson::lowerCase,
                absent.weightInit()),
            json.number("phm_init_range", absent.range()));
    return on ? Optional.of(phm) : Optional.empty();
  }

  private static String lowerCase(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static <T> T named(
      ConfigReader json,
      String field,
      T[] values,
      java.util.function.Function<? super T, String> name,
      T absent) {
    Optional<String> text = json.text(field);
    if (text.isEmpty()) {
      return absent;
    }
    for (T value : values) {
      if (name.apply(value).equals(text.get())) {
        return value;
      }
    }
    String allowed = Arrays.stream(values).map(name).collect(Collectors.joining(", "));
    json.problem(unknown(field, text.get(), allowed));
    return absent;
  }

  private static String unknown(String field, String value, String allowed) {
    String shown = value.length() <= 40 ? value : value.substring(0, 37) + "…";
    return field + " is \"" + shown + "\"; allowed: " + allowed + ".";
  }

  static ObjectNode write(BottleneckConfig config) {
    ObjectNode json =
        ConfigWriter.common(BottleneckConfig.PEFT_TYPE, "bottleneck", config.common());
    json.put("mh_adapter", config.mhAdapter());
    json.put("output_adapter", config.outputAdapter());
    json.put("reduction_factor", config.reductionFactor());
    json.put("non_linearity", config.nonLinearity().json());
    Connections c = config.connections();
    json.put("original_ln_before", c.originalLnBefore());
    json.put("original_ln_after", c.originalLnAfter());
    json.put("ln_before", c.lnBefore());
    json.put("ln_after", c.lnAfter());
    if (c.residualBeforeLn() == ConnectionStart.POST_ADD) {
      json.put("residual_before_ln", POST_ADD);
    } else {
      json.put("residual_before_ln", c.residualBeforeLn() == ConnectionStart.OUTPUT);
    }
    json.put("adapter_residual_before_ln", c.adapterResidualBeforeLn());
    json.put("is_parallel", c.parallel());
    json.put("init_weights", config.initWeights().json());
    if (config.scaling().trained()) {
      json.put("scaling", lowerCase(config.scaling().kind()));
    } else {
      json.put("scaling", config.scaling().factor());
    }
    config.leaveOut().forEach(json.putArray("leave_out")::add);
    json.put("dropout", config.dropout());
    Phm phm = config.phm().orElse(Phm.DEFAULT);
    json.put("phm_layer", config.phm().isPresent());
    json.put("phm_dim", phm.dim());
    json.put("factorized_phm_W", phm.factorized());
    json.put("phm_rank", phm.rank());
    json.put("shared_phm_rule", phm.sharedRule());
    json.put("phm_c_init", lowerCase(phm.ruleInit()));
    json.put("hypercomplex_nonlinearity", lowerCase(phm.weightInit()));
    json.put("phm_init_range", phm.range());
    json.putNull("inv_adapter");
    json.putNull("inv_adapter_reduction_factor");
    json.put("stochastic_depth", 0.0);
    OFF.keySet().stream().sorted().forEach(field -> json.put(field, OFF.get(field)));
    return json;
  }
}
