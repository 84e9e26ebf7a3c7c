package org.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.config.Bias;
import org.peft4j.error.PeftException;

/** Configs: what is refused, with which words, and what survives a file. */
class LoraConfigTest {
  static Stream<Arguments> impossible() {
    return Stream.of(
        Arguments.of(LoraConfig.builder().rank(0), "r is 0; allowed: 1 to 1048576."),
        Arguments.of(LoraConfig.builder().rank(-1), "r is -1; allowed: 1 to 1048576."),
        Arguments.of(LoraConfig.builder().alpha(0), "lora_alpha is 0.0; allowed: a finite number"),
        Arguments.of(LoraConfig.builder().alpha(Double.NaN), "lora_alpha is NaN"),
        Arguments.of(LoraConfig.builder().dropout(1), "lora_dropout is 1.0; allowed: 0 up to"),
        Arguments.of(LoraConfig.builder().dropout(-1), "lora_dropout is -1.0"),
        Arguments.of(LoraConfig.builder().rankPattern("q", 0), "rank_pattern \"q\" is 0"),
        Arguments.of(LoraConfig.builder().alphaPattern("q", -2), "alpha_pattern \"q\" is -2.0"),
        Arguments.of(
            LoraConfig.builder().taskType("foo"), "task_type is \"foo\"; allowed: [SEQ_CLS"),
        Arguments.of(
            LoraConfig.builder().targetRegex("x").layersToTransform(1), "layers_to_transform goes"),
        Arguments.of(LoraConfig.builder().layersPattern("h"), "layers_pattern needs"),
        Arguments.of(
            LoraConfig.builder().targetModules("a").layersToTransform(-1),
            "layers_to_transform has -1"),
        Arguments.of(
            LoraConfig.builder().rank(3).init(LoraInit.ORTHOGONAL), "orthogonal needs even ranks"),
        Arguments.of(LoraConfig.builder().loraBias(true).init(LoraInit.PISSA), "not with pissa"),
        Arguments.of(
            LoraConfig.builder().loraBias(true).init(LoraInit.GAUSSIAN), "lora_bias goes with"));
  }

  @ParameterizedTest
  @MethodSource("impossible")
  void impossibleValuesAreRefusedWithWhatIsAllowed(LoraConfig.Builder builder, String message) {
    assertThatThrownBy(builder::build)
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(message);
  }

  @Test
  void theHeadOfAClassifierIsAmongTheModulesToSave() {
    LoraConfig.Builder builder = LoraConfig.builder().targetModules("q_proj").taskType("SEQ_CLS");

    assertThat(builder.build().common().modulesToSave()).containsExactly("classifier", "score");
    assertThat(builder.modulesToSave("norm", "score").build().common().modulesToSave())
        .containsExactly("norm", "score", "classifier");
    assertThat(builder.taskType("CAUSAL_LM").modulesToSave().build().common().modulesToSave())
        .isEmpty();
  }

  @Test
  void allProblemsAreReportedAtOnce() {
    assertThatThrownBy(() -> LoraConfig.builder().rank(0).alpha(-1).dropout(2).build())
        .hasMessageContainingAll("r is 0", "lora_alpha is -1.0", "lora_dropout is 2.0");
  }

  static Stream<Arguments> misfits() {
    return Stream.of(
        Arguments.of(
            LoraConfig.builder().targetModules("dens1"),
            "Target \"dens1\" matches no site of this model. Nearest: dense1 (1 site)"),
        Arguments.of(
            LoraConfig.builder().targetModules("dense1", "nope"),
            "Target \"nope\" matches no site"),
        Arguments.of(LoraConfig.builder().targetRegex("x.*"), "Target \"x.*\" matches no site"),
        Arguments.of(LoraConfig.builder().targetRegex("("), "is not a regular expression"),
        Arguments.of(LoraConfig.builder().targetRegex("(a+)+$|(.*)*x"), "matches no site"),
        Arguments.of(LoraConfig.builder(), "names no target_modules"),
        Arguments.of(
            LoraConfig.builder().targetModules("dense1").excludeModules("dense1"),
            "match only sites that exclude_modules"),
        Arguments.of(
            LoraConfig.builder().targetModules("dense1").rankPattern("q_proj", 2),
            "\"q_proj\" matches no target"),
        Arguments.of(
            LoraConfig.builder().targetModules("dense1").modulesToSave("score"),
            "\"score\" matches no module of this model"));
  }

  @ParameterizedTest
  @MethodSource("misfits")
  void aConfigThatDoesNotFitTheModelSaysWhatDoes(LoraConfig.Builder builder, String message) {
    ComputationGraph base = SmallModel.graph();
    assertThatThrownBy(() -> Peft.wrap(base, builder.build()))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(message);
  }

  /** A network whose head has another name needs none of those that the task adds. */
  @Test
  void aTasksHeadsNeedNotBeThere() {
    LoraConfig.Builder builder = LoraConfig.builder().targetModules("dense1");

    assertThat(
            Peft.wrap(SmallModel.graph(), builder.taskType("SEQ_CLS").build())
                .adapter(Peft.DEFAULT_ADAPTER)
                .tensors())
        .hasSize(2);
    assertThatThrownBy(
            () ->
                Peft.wrap(
                    SmallModel.graph(),
                    builder.taskType("CAUSAL_LM").modulesToSave("score").build()))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("\"score\" matches no module");
  }

  @Test
  void aConfigSurvivesItsFile(@TempDir Path folder) {
    LoraConfig config =
        LoraConfig.builder()
            .rank(3)
            .alpha(7)
            .dropout(0.25)
            .rankPattern("dense2", 2)
            .alphaPattern("dense1", 5)
            .rslora(true)
            .loraBias(true)
            .bias(Bias.TARGETS_ONLY)
            .targetModules("dense1", "dense2")
            .modulesToSave("out")
            .taskType("FEATURE_EXTRACTION")
            .baseModel("some/model")
            .build();
    Peft.wrap(SmallModel.graph(), config).save(folder);
    PeftModel<ComputationGraph> loaded = Peft.load(SmallModel.graph(), folder);
    assertThat(loaded.config(Peft.DEFAULT_ADAPTER)).isEqualTo(config);
  }

  static Stream<Arguments> hostileFiles() {
    String ok = "\"peft_type\":\"LORA\",\"target_modules\":[\"dense1\"]";
    return Stream.of(
        Arguments.of("", "is not a JSON object"),
        Arguments.of("[]", "is not a JSON object"),
        Arguments.of("{", "is not valid JSON"),
        Arguments.of("{} {}", "is not valid JSON"),
        Arguments.of("{\"r\":8}", "has no peft_type"),
        Arguments.of("{\"peft_type\":7}", "has no peft_type"),
        Arguments.of(
            "{\"peft_type\":\"NOPE\"}", "peft_type is \"NOPE\", which is not a supported method"),
        Arguments.of("{\"peft_type\":\"java.lang.Runtime\"}", "peft_type is \"java.lang.Runtime\""),
        Arguments.of("{" + ok + ",\"r\":-1}", "r is -1"),
        Arguments.of("{" + ok + ",\"r\":\"8\"}", "r is \"8\"; allowed: a whole number"),
        Arguments.of("{" + ok + ",\"r\":1e99}", "r is 1"),
        Arguments.of("{" + ok + ",\"r\":8,\"r\":9}", "is not valid JSON: Duplicate"),
        Arguments.of("{" + ok + ",\"lora_alpha\":0}", "lora_alpha is 0.0"),
        Arguments.of("{" + ok + ",\"lora_dropout\":1}", "lora_dropout is 1.0"),
        Arguments.of("{" + ok + ",\"bias\":\"some\"}", "bias is \"some\"; allowed: none, all"),
        Arguments.of(
            "{" + ok + ",\"use_qalora\":true,\"use_dora\":true}", "use_qalora does not go"),
        Arguments.of("{" + ok + ",\"qalora_group_size\":0}", "qalora_group_size is 0; allowed: 1"),
        Arguments.of("{" + ok + ",\"init_lora_weights\":\"corda\"}", "must be converted"),
        Arguments.of("{" + ok + ",\"rank_pattern\":[1]}", "rank_pattern is [1]"),
        Arguments.of("{\"peft_type\":\"LORA\",\"target_modules\":{\"a\":1}}", "target_modules is"),
        Arguments.of("{\"peft_type\":\"LORA\",\"target_modules\":[1]}", "target_modules is [1]"),
        Arguments.of(
            "{\"peft_type\":\"LORA\",\"target_modules\":\"(d|e|n|s|.)*(d|e|n|s|.)*(d|.)*1x\"}",
            "matches no site"),
        Arguments.of("{" + ok + ",\"x\":\"" + "y".repeat(200_000) + "\"}", "is not valid JSON"),
        Arguments.of(
            "{" + ok + ",\"x\":\"" + "y".repeat(10_000_000) + "\"}", "bytes; allowed: up to"),
        Arguments.of(
            "{" + ok + ",\"x\":" + "[".repeat(5000) + "]".repeat(5000) + "}", "valid JSON"));
  }

  @ParameterizedTest
  @MethodSource("hostileFiles")
  void aHostileConfigFileIsRefused(String text, String message, @TempDir Path folder)
      throws IOException {
    Peft.wrap(SmallModel.graph(), LoraConfig.builder().targetModules("dense1").build())
        .save(folder);
    Files.writeString(folder.resolve("adapter_config.json"), text);
    ComputationGraph base = SmallModel.graph();
    assertThatThrownBy(() -> Peft.load(base, folder))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(message);
  }

  @Test
  void unknownFieldsAreKeptAndNeverFollowed(@TempDir Path folder) throws IOException {
    PeftModel<ComputationGraph> model =
        Peft.wrap(SmallModel.graph(), LoraConfig.builder().targetModules("dense1").build());
    model.save(folder);
    Path file = folder.resolve("adapter_config.json");
    String text = Files.readString(file);
    Files.writeString(
        file, text.replaceFirst("\\{", "{\"future\":{\"@class\":\"java.lang.Runtime\"},"));
    PeftModel<ComputationGraph> loaded = Peft.load(SmallModel.graph(), folder);
    loaded.save(folder);
    assertThat(Files.readString(file)).contains("\"future\"", "java.lang.Runtime");
  }
}
