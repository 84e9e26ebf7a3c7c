package org.peft4j.bottleneck;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.peft4j.bottleneck.BottleneckConfig.Builder;
import org.peft4j.bottleneck.Phm.RuleInit;
import org.peft4j.bottleneck.Phm.WeightInit;
import org.peft4j.config.ConfigFields;
import org.peft4j.config.FieldRole;
import org.peft4j.config.FieldType;

/**
 * The fields of {@link BottleneckConfig} in {@code adapter_config.json}: PEFT's common fields
 * beside those of the {@code adapters} library's {@code BnConfig}. An absent field has the value of
 * {@link BottleneckConfig#pfeiffer()}.
 */
final class BottleneckFields {
  private static final String POST_ADD = "post_add";

  private static final FieldType<NonLinearity> NON_LINEARITY =
      FieldType.of(
              String.join(", ", NonLinearity.allNames()),
              n -> NonLinearity.named(n.asText().toLowerCase(Locale.ROOT)).orElse(null),
              f -> TextNode.valueOf(f.json()))
          .listed();

  private static final FieldType<ConnectionStart> START =
      FieldType.of("true, false, " + POST_ADD, BottleneckFields::start, BottleneckFields::start)
          .listed();

  private static final FieldType<Scaling> SCALING =
      FieldType.of(
              "a number, learned, channel", BottleneckFields::scaling, BottleneckFields::scaling)
          .listed();

  static final ConfigFields<BottleneckConfig, Builder> ALL =
      phm(connections(places()))
          .refuse("use_gating", BooleanNode.FALSE)
          .refuse("cross_adapter", BooleanNode.FALSE)
          .refuse("shared_W_phm", BooleanNode.FALSE)
          .refuse("factorized_phm_rule", BooleanNode.FALSE)
          .refuse("learn_phm", BooleanNode.TRUE)
          .refuse("phm_bias", BooleanNode.TRUE)
          .refuse("stochastic_depth", DoubleNode.valueOf(0))
          .refuse(List.of("inv_adapter"))
          .ignore(List.of("inv_adapter_reduction_factor", "init_weights_seed"))
          .omit("init_weights_seed");

  private BottleneckFields() {}

  private static ConfigFields<BottleneckConfig, Builder> places() {
    return ConfigFields.of(
            "bottleneck adapters", "bottleneck", BottleneckConfig::pfeiffer, Builder::build)
        .add(
            "mh_adapter",
            FieldType.BOOL,
            "Adapt after attentions.",
            BottleneckConfig::mhAdapter,
            Builder::mhAdapter)
        .add(
            "output_adapter",
            FieldType.BOOL,
            "Adapt after feed-forward sub-layers.",
            BottleneckConfig::outputAdapter,
            Builder::outputAdapter)
        .add(
            "reduction_factor",
            BottleneckConfig.REDUCTION,
            "Width of a place divided by the bottleneck's.",
            BottleneckConfig::reductionFactor,
            Builder::reductionFactor)
        .add(
            "non_linearity",
            NON_LINEARITY,
            "The function between the projections.",
            BottleneckConfig::nonLinearity,
            Builder::nonLinearity)
        .add(
            "init_weights",
            FieldType.oneOf(List.of(InitWeights.values()), InitWeights::json),
            "First values of the projections.",
            BottleneckConfig::initWeights,
            Builder::initWeights)
        .add(
            "scaling",
            SCALING,
            "Factor of the adapter's part.",
            BottleneckConfig::scaling,
            (builder, scaling) -> builder.scaling(scaling))
        .add(
            "leave_out",
            FieldType.INTEGERS,
            "Layers to leave out, by index from 0.",
            BottleneckConfig::leaveOut,
            (builder, layers) -> builder.leaveOut(layers.toArray(Integer[]::new)))
        .add(
            "dropout",
            FieldType.DROPOUT,
            "Probability that an element of the adapter's part is dropped in training.",
            BottleneckConfig::dropout,
            Builder::dropout)
        .role(FieldRole.DROPOUT);
  }

  private static ConfigFields<BottleneckConfig, Builder> connections(
      ConfigFields<BottleneckConfig, Builder> fields) {
    return fields
        .add(
            "is_parallel",
            FieldType.BOOL,
            "Adapt beside the sub-layer instead of after it.",
            of(Connections::parallel),
            (builder, is) -> builder.changeConnections(c -> c.withParallel(is)))
        .add(
            "original_ln_before",
            FieldType.BOOL,
            "Let the adapter see the sum with the residual.",
            of(Connections::originalLnBefore),
            (builder, is) ->
                builder.changeConnections(c -> c.withOriginalLn(is, c.originalLnAfter())))
        .add(
            "original_ln_after",
            FieldType.BOOL,
            "Add the residual after the adapter.",
            of(Connections::originalLnAfter),
            (builder, is) ->
                builder.changeConnections(c -> c.withOriginalLn(c.originalLnBefore(), is)))
        .add(
            "ln_before",
            FieldType.BOOL,
            "Normalise before the first projection.",
            of(Connections::lnBefore),
            (builder, is) -> builder.changeConnections(c -> c.withLn(is, c.lnAfter())))
        .add(
            "ln_after",
            FieldType.BOOL,
            "Normalise after the second projection.",
            of(Connections::lnAfter),
            (builder, is) -> builder.changeConnections(c -> c.withLn(c.lnBefore(), is)))
        .add(
            "residual_before_ln",
            START,
            "Start of the connection past the adapter.",
            of(Connections::residualBeforeLn),
            (builder, start) ->
                builder.changeConnections(c -> c.withResidual(start, c.adapterResidualBeforeLn())))
        .add(
            "adapter_residual_before_ln",
            FieldType.BOOL,
            "Add the connection before the last norm.",
            of(Connections::adapterResidualBeforeLn),
            (builder, is) ->
                builder.changeConnections(c -> c.withResidual(c.residualBeforeLn(), is)));
  }

  private static <T> Function<BottleneckConfig, T> of(Function<Connections, T> part) {
    return config -> part.apply(config.connections());
  }

  private static ConfigFields<BottleneckConfig, Builder> phm(
      ConfigFields<BottleneckConfig, Builder> fields) {
    return fields
        .add(
            "phm_layer",
            FieldType.BOOL,
            "Make the projections of Kronecker products (Compacter).",
            config -> config.phm().isPresent(),
            Builder::phmLayer)
        .add(
            "phm_dim",
            Phm.DIM,
            "Number of Kronecker products.",
            ofPhm(Phm::dim),
            (builder, dim) -> builder.changePhm(p -> p.with(dim, p.rank())))
        .add(
            "factorized_phm_W",
            FieldType.BOOL,
            "Hold the larger factors as low-rank products.",
            ofPhm(Phm::factorized),
            (builder, is) -> builder.changePhm(p -> p.withFactorized(is)))
        .add(
            "phm_rank",
            Phm.RANK,
            "Rank of these products.",
            ofPhm(Phm::rank),
            (builder, rank) -> builder.changePhm(p -> p.with(p.dim(), rank)))
        .add(
            "shared_phm_rule",
            FieldType.BOOL,
            "Share the smaller factors between all places.",
            ofPhm(Phm::sharedRule),
            (builder, is) -> builder.changePhm(p -> p.withSharedRule(is)))
        .add(
            "phm_c_init",
            FieldType.oneOf(List.of(RuleInit.values()), BottleneckFields::lowerCase),
            "First values of the smaller factors.",
            ofPhm(Phm::ruleInit),
            (builder, init) -> builder.changePhm(p -> p.withInit(init, p.weightInit(), p.range())))
        .add(
            "hypercomplex_nonlinearity",
            FieldType.oneOf(List.of(WeightInit.values()), BottleneckFields::lowerCase),
            "First values of the larger factors.",
            ofPhm(Phm::weightInit),
            (builder, init) -> builder.changePhm(p -> p.withInit(p.ruleInit(), init, p.range())))
        .add(
            "phm_init_range",
            Phm.RANGE,
            "Standard deviation of normal first values.",
            ofPhm(Phm::range),
            (builder, range) ->
                builder.changePhm(p -> p.withInit(p.ruleInit(), p.weightInit(), range)));
  }

  private static <T> Function<BottleneckConfig, T> ofPhm(Function<Phm, T> part) {
    return config -> part.apply(config.phm().orElse(Phm.DEFAULT));
  }

  private static String lowerCase(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static @Nullable ConnectionStart start(JsonNode value) {
    if (value.isBoolean()) {
      return value.booleanValue() ? ConnectionStart.OUTPUT : ConnectionStart.SEEN;
    }
    return value.asText().equals(POST_ADD) ? ConnectionStart.POST_ADD : null;
  }

  private static JsonNode start(ConnectionStart start) {
    return start == ConnectionStart.POST_ADD
        ? TextNode.valueOf(POST_ADD)
        : BooleanNode.valueOf(start == ConnectionStart.OUTPUT);
  }

  private static @Nullable Scaling scaling(JsonNode value) {
    if (value.isNumber()) {
      return Scaling.of(value.doubleValue());
    }
    return switch (value.asText()) {
      case "learned" -> Scaling.LEARNED;
      case "channel" -> Scaling.CHANNEL;
      default -> null;
    };
  }

  private static JsonNode scaling(Scaling scaling) {
    return scaling.trained()
        ? TextNode.valueOf(lowerCase(scaling.kind()))
        : DoubleNode.valueOf(scaling.factor());
  }
}
