package org.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.config.ConfigReader;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.lora.deltalora.DeltaLoraConfig;
import org.peft4j.lora.loha.LoHaConfig;
import org.peft4j.lora.lokr.LoKrConfig;
import org.peft4j.lora.lokr.LoKrInit;
import org.peft4j.lora.mora.MoraConfig;
import org.peft4j.lora.mora.MoraType;
import org.peft4j.lora.vera.VeraConfig;
import org.peft4j.method.Methods;
import org.peft4j.method.ModelModules;
import org.peft4j.method.PeftMethod;
import org.peft4j.site.Site;
import org.peft4j.site.SiteRole;

/** The configs of the methods beside LoRA: what survives a file, and what is refused. */
class MethodConfigsTest {
  static Stream<PeftConfig> configs() {
    return Stream.of(
        LoHaConfig.builder().targetModules("a").build(),
        LoHaConfig.builder()
            .rank(3)
            .alpha(1.5)
            .rankPattern("a", 2)
            .alphaPattern("b", 7)
            .rankDropout(0.25)
            .moduleDropout(0.5)
            .effectiveConvolution(true)
            .init(false)
            .targetModules("a", "b")
            .build(),
        LoKrConfig.builder().build(),
        LoKrConfig.builder().init(LoKrInit.RANDOM).build(),
        LoKrConfig.builder()
            .rank(3)
            .alpha(1.5)
            .decomposeBoth(true)
            .decomposeFactor(4)
            .rankDropout(0.25)
            .rankDropoutScale(true)
            .init(LoKrInit.LYCORIS)
            .targetModules("a", "b")
            .build(),
        VeraConfig.builder().build(),
        VeraConfig.builder()
            .rank(3)
            .projectionKey(7)
            .saveProjection(false)
            .dropout(0.5)
            .dInitial(0.25)
            .fanInFanOut(true)
            .init(false)
            .targetModules("a")
            .build(),
        MoraConfig.builder().build(),
        MoraConfig.builder()
            .rank(3)
            .rankPattern("a", 2)
            .type(MoraType.SHARING)
            .dropout(0.5)
            .targetModules("a")
            .build(),
        DeltaLoraConfig.builder().build(),
        DeltaLoraConfig.builder().rank(3).alpha(1.5).alphaPattern("a", 4).ratio(2).build());
  }

  @ParameterizedTest
  @MethodSource("configs")
  void aConfigIsReadAsItWasWritten(PeftConfig config) {
    assertThat(readAgain(config)).isEqualTo(config);
  }

  private static <C extends PeftConfig> C readAgain(C config) {
    PeftMethod<C> method = Methods.of(config);
    return method.readConfig(new ConfigReader(method.writeConfig(config)));
  }

  static Stream<Arguments> impossible() {
    return Stream.of(
        refused(
            () -> LoHaConfig.builder().rank(0).alpha(-1).rankDropout(1).moduleDropout(-1).build(),
            "r is 0; allowed: 1 to",
            "alpha is -1.0; allowed: a finite",
            "rank_dropout is 1.0; allowed: 0 up to",
            "module_dropout is -1.0"),
        refused(
            () -> LoHaConfig.builder().rankPattern("q", 0).alphaPattern("v", 0).build(),
            "rank_pattern \"q\" is 0",
            "alpha_pattern \"v\" is 0.0"),
        refused(
            () -> LoKrConfig.builder().decomposeFactor(0).rank(-1).build(),
            "decompose_factor is 0; allowed: -1, or 1 and up",
            "r is -1"),
        refused(
            () ->
                VeraConfig.builder()
                    .rank(0)
                    .projectionKey(-1)
                    .dropout(1)
                    .dInitial(Double.NaN)
                    .build(),
            "r is 0; allowed: 1 to",
            "projection_prng_key is -1; allowed: 0 and up",
            "vera_dropout is 1.0",
            "d_initial is NaN"),
        refused(
            () -> MoraConfig.builder().rank(0).rankPattern("q", -1).dropout(2).build(),
            "r is 0",
            "rank_pattern \"q\" is -1",
            "mora_dropout is 2.0"),
        refused(
            () -> DeltaLoraConfig.builder().alpha(0).ratio(-1).build(),
            "lora_alpha is 0.0",
            "delta_lambda is -1.0; allowed: a finite number, 0 and up"),
        refused(
            () -> read("{\"peft_type\":\"MORA\",\"mora_type\":3}"), "mora_type is 3; allowed: 1"),
        refused(
            () -> read("{\"peft_type\":\"LOKR\",\"init_weights\":\"best\",\"r\":\"x\"}"),
            "init_weights is \"best\"; allowed: true, false, lycoris",
            "r is \"x\"; allowed: a whole number"));
  }

  private static PeftConfig read(String json) {
    try {
      ObjectNode node = (ObjectNode) new JsonMapper().readTree(json);
      return Methods.named(node.path("peft_type").asText()).readConfig(new ConfigReader(node));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private static Arguments refused(Supplier<PeftConfig> config, String... messages) {
    return Arguments.of(config, List.of(messages));
  }

  @ParameterizedTest
  @MethodSource("impossible")
  void allThatIsWrongIsSaidAtOnce(Supplier<PeftConfig> config, List<String> messages) {
    assertThatThrownBy(config::get)
        .isInstanceOf(PeftException.class)
        .hasMessageContainingAll(messages.toArray(CharSequence[]::new));
  }

  @ParameterizedTest
  @MethodSource("configs")
  void defaultTargetsAreThoseOfTheModelType(PeftConfig config) {
    assertThat(targets(config, Optional.of("llama"))).contains(List.of("q_proj", "v_proj"));
    assertThat(targets(config, Optional.of("bloom"))).contains(List.of("query_key_value"));
  }

  @ParameterizedTest
  @MethodSource("configs")
  void defaultTargetsOfAnotherModelAreItsQueriesAndValues(PeftConfig config) {
    Site[] sites = {
      linear("layer.0.ask").as(SiteRole.QUERY),
      linear("layer.0.look").as(SiteRole.KEY),
      linear("layer.0.tell").as(SiteRole.VALUE)
    };
    assertThat(targets(config, Optional.of("new"), sites)).contains(List.of("ask", "tell"));
    assertThat(targets(config, Optional.empty(), linear("dense"))).isEmpty();
  }

  private static Optional<List<String>> targets(
      PeftConfig config, Optional<String> type, Site... sites) {
    return Methods.of(config).defaultTargets(new ModelModules(type, List.of(sites)));
  }

  private static Site linear(String name) {
    return Site.linear(name, name, 2, 2, List.of());
  }
}
