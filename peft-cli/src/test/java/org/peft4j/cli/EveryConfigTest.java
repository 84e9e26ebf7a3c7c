package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.bitfit.BitFitConfig;
import org.peft4j.bottleneck.BottleneckConfig;
import org.peft4j.bottleneck.Connections;
import org.peft4j.bottleneck.InitWeights;
import org.peft4j.bottleneck.NonLinearity;
import org.peft4j.bottleneck.Phm;
import org.peft4j.config.Bias;
import org.peft4j.config.CommonBuilder;
import org.peft4j.config.CommonConfig;
import org.peft4j.config.ConfigField;
import org.peft4j.config.ConfigReader;
import org.peft4j.config.PeftConfig;
import org.peft4j.ia3.Ia3Config;
import org.peft4j.lora.LoftQ;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.LoraInit;
import org.peft4j.lora.adalora.AdaLoraConfig;
import org.peft4j.lora.adalora.RankSchedule;
import org.peft4j.lora.deltalora.DeltaLoraConfig;
import org.peft4j.lora.loha.LoHaConfig;
import org.peft4j.lora.lokr.LoKrConfig;
import org.peft4j.lora.lokr.LoKrInit;
import org.peft4j.lora.mora.MoraConfig;
import org.peft4j.lora.mora.MoraType;
import org.peft4j.lora.vera.VeraConfig;
import org.peft4j.method.Methods;
import org.peft4j.method.PeftMethod;
import org.peft4j.norm.NormTuningConfig;
import org.peft4j.prompt.PromptFields;
import org.peft4j.prompt.multitask.MultitaskPromptConfig;
import org.peft4j.prompt.multitask.PromptSource;
import org.peft4j.prompt.prefix.PrefixTuningConfig;
import org.peft4j.prompt.ptuning.PTuningConfig;
import org.peft4j.prompt.ptuning.Reparameterization;
import org.peft4j.prompt.tuning.PromptInit;
import org.peft4j.prompt.tuning.PromptTuningConfig;
import org.peft4j.token.TokenTuningConfig;

/** Copies, files and descriptions of the configs of every method: none forgets a field. */
class EveryConfigTest {
  /** A config of which no component has its default, and one of defaults. */
  record Pair(PeftConfig full, PeftConfig plain) {
    @Override
    public String toString() {
      return full.peftType();
    }
  }

  private static <B extends CommonBuilder<B>> B common(B builder) {
    return builder
        .taskType("TOKEN_CLS")
        .baseModel("base")
        .revision("2")
        .targetModules("a", "b")
        .excludeModules("c")
        .modulesToSave("d")
        .layersToTransform(1, 2)
        .layersPattern("h")
        .bias(Bias.ALL);
  }

  private static <B extends CommonBuilder<B>> B described(B builder) {
    return builder.taskType("TOKEN_CLS").baseModel("base").revision("2");
  }

  static Stream<Pair> pairs() {
    PromptFields prompt = promptOf(7, 16, 1, 2, 3);
    return Stream.of(
        new Pair(
            common(LoraConfig.builder())
                .rank(3)
                .alpha(5)
                .rankPattern("a", 2)
                .alphaPattern("b", 4)
                .dropout(0.1)
                .rslora(true)
                .dora(true)
                .qaloraGroupSize(5)
                .loftq(new LoftQ(8, 3))
                .init(LoraInit.GAUSSIAN)
                .trainableTokens(1, 2)
                .ensureWeightTying(true)
                .fanInFanOut(true)
                .build(),
            LoraConfig.builder().loraBias(true).qalora(true).build()),
        new Pair(
            common(AdaLoraConfig.builder())
                .initR(3)
                .targetR(2)
                .alpha(5)
                .dropout(0.1)
                .schedule(new RankSchedule(1, 2, 3, 9))
                .beta1(0.5)
                .beta2(0.6)
                .orthRegWeight(0.7)
                .rankPattern(Map.of("a.lora_E", List.of(true, false, true)))
                .initLoraWeights(false)
                .ensureWeightTying(true)
                .fanInFanOut(true)
                .build(),
            AdaLoraConfig.builder().totalStep(1).build()),
        new Pair(
            common(DeltaLoraConfig.builder()).rank(3).ratio(0.25).build(),
            DeltaLoraConfig.builder().build()),
        new Pair(
            common(LoHaConfig.builder())
                .rank(3)
                .rankDropout(0.1)
                .moduleDropout(0.2)
                .effectiveConvolution(true)
                .init(false)
                .build(),
            LoHaConfig.builder().build()),
        new Pair(
            common(LoKrConfig.builder())
                .alpha(3)
                .decomposeBoth(true)
                .decomposeFactor(2)
                .rankDropoutScale(true)
                .init(LoKrInit.LYCORIS)
                .build(),
            LoKrConfig.builder().build()),
        new Pair(
            common(VeraConfig.builder())
                .rank(3)
                .projectionKey(4)
                .saveProjection(false)
                .dropout(0.1)
                .dInitial(0.2)
                .fanInFanOut(true)
                .init(false)
                .build(),
            VeraConfig.builder().build()),
        new Pair(
            common(MoraConfig.builder())
                .rank(3)
                .rankPattern("a", 2)
                .type(MoraType.SHARING)
                .dropout(0.1)
                .build(),
            MoraConfig.builder().build()),
        new Pair(
            common(Ia3Config.builder())
                .feedforwardModules("b")
                .initWeights(false)
                .fanInFanOut(true)
                .build(),
            Ia3Config.builder().build()),
        new Pair(
            common(BottleneckConfig.parallel())
                .mhAdapter(true)
                .outputAdapter(false)
                .reductionFactor(3)
                .nonLinearity(NonLinearity.TANH)
                .initWeights(InitWeights.MAM_ADAPTER)
                .scaling(2)
                .leaveOut(1)
                .dropout(0.1)
                .phm(Phm.DEFAULT.with(2, 3))
                .build(),
            BottleneckConfig.pfeiffer().connections(Connections.HOULSBY).build()),
        new Pair(common(BitFitConfig.builder()).build(), BitFitConfig.builder().build()),
        new Pair(common(NormTuningConfig.builder()).build(), NormTuningConfig.builder().build()),
        new Pair(
            common(TokenTuningConfig.builder()).tokenIndices(1, 2).initWeights(false).build(),
            TokenTuningConfig.builder().tokenIndices(1).build()),
        new Pair(
            described(PromptTuningConfig.builder())
                .prompt(prompt)
                .initFromText("ab", text -> new int[] {1, 2})
                .build(),
            PromptTuningConfig.builder().virtualTokens(1).build()),
        new Pair(
            described(PTuningConfig.builder())
                .prompt(prompt)
                .reparameterization(Reparameterization.LSTM)
                .encoderHiddenSize(5)
                .encoderLayers(3)
                .encoderDropout(0.1)
                .build(),
            PTuningConfig.builder().virtualTokens(1).build()),
        new Pair(
            described(PrefixTuningConfig.builder())
                .prompt(prompt)
                .projection(true)
                .encoderHiddenSize(5)
                .zeros(true)
                .build(),
            PrefixTuningConfig.builder().virtualTokens(1).build()),
        new Pair(
            described(MultitaskPromptConfig.builder())
                .prompt(prompt)
                .init(PromptInit.SAMPLE_VOCAB)
                .source(new PromptSource(Path.of("a"), PromptSource.Share.SHARED_PROMPT, 0))
                .ranks(2)
                .tasks(3)
                .build(),
            MultitaskPromptConfig.builder().virtualTokens(1).build()));
  }

  private static PromptFields promptOf(int tokens, int width, int modules, int heads, int layers) {
    return PromptTuningConfig.builder()
        .virtualTokens(tokens)
        .tokenDim(width)
        .submodules(modules)
        .attentionHeads(heads)
        .layers(layers)
        .build()
        .prompt();
  }

  @Test
  void everyMethodIsHere() {
    assertThat(pairs().map(Pair::toString).collect(Collectors.toSet()))
        .isEqualTo(Methods.all().keySet());
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void aCopyIsEqualWhateverIsSet(Pair pair) throws ReflectiveOperationException {
    for (RecordComponent component : pair.full().getClass().getRecordComponents()) {
      if (!component.getName().equals("loraBias")) { // goes neither with DoRA nor with a start
        assertThat(component.getAccessor().invoke(pair.full()))
            .as(component.getName())
            .isNotEqualTo(component.getAccessor().invoke(pair.plain()));
      }
    }
    assertThat(pair.full().toBuilder().build()).isEqualTo(pair.full());
    assertThat(pair.plain().toBuilder().build()).isEqualTo(pair.plain());
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void aFileSaysAllThatAConfigDoes(Pair pair) {
    assertThat(writtenAgain(pair.full())).isEqualTo(written(pair.full()));
  }

  private static <C extends PeftConfig> Object written(C config) {
    return Methods.of(config).writeConfig(config);
  }

  private static <C extends PeftConfig> Object writtenAgain(C config) {
    PeftMethod<C> method = Methods.of(config);
    C read = method.readConfig(new ConfigReader(method.writeConfig(config)));
    assertThat(read.common()).isEqualTo(config.common());
    return method.writeConfig(read);
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void defaultsAreWrittenForEveryFieldThatHasOne(Pair pair) {
    var fields = Methods.of(pair.full()).fields();

    assertThat(fields.defaults().fieldNames())
        .toIterable()
        .containsExactlyElementsOf(
            fields.all().stream().filter(f -> !f.required()).map(ConfigField::name).toList());
    assertThat(fields.common()).hasSameSizeAs(Methods.named("LORA").fields().common());
  }

  @Test
  void theDescriptionOfACommonConfigIsAllThatIsKept() {
    CommonConfig common = common(BitFitConfig.builder()).build().common();

    assertThat(common.description()).isEqualTo(described(BitFitConfig.builder()).build().common());
  }
}
