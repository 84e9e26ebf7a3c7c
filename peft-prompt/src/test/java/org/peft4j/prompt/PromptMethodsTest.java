package org.peft4j.prompt;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.config.ConfigReader;
import org.peft4j.config.ModuleSelector;
import org.peft4j.config.PeftConfig;
import org.peft4j.method.Methods;
import org.peft4j.method.ModelModules;
import org.peft4j.method.PeftMethod;
import org.peft4j.prompt.multitask.MultitaskPromptConfig;
import org.peft4j.prompt.prefix.PrefixTuningConfig;
import org.peft4j.prompt.ptuning.PTuningConfig;
import org.peft4j.prompt.tuning.PromptTuningConfig;
import org.peft4j.site.SiteKind;

/** What the four methods have in common with each other and with Hugging Face PEFT. */
class PromptMethodsTest {
  private static final String START =
      ", 'prompt_tuning_init': 'RANDOM', 'prompt_tuning_init_text': null,"
          + " 'tokenizer_name_or_path': null, 'tokenizer_kwargs': null";

  /** Each config with nothing set but the length, and Hugging Face PEFT's defaults. */
  static Stream<Arguments> defaults() {
    return Stream.of(
        Arguments.of(PromptTuningConfig.builder().virtualTokens(5).build(), START),
        Arguments.of(
            PTuningConfig.builder().virtualTokens(5).build(),
            ", 'encoder_reparameterization_type': 'MLP', 'encoder_hidden_size': null,"
                + " 'encoder_num_layers': 2, 'encoder_dropout': 0.0"),
        Arguments.of(
            PrefixTuningConfig.builder().virtualTokens(5).build(),
            ", 'init_weights': null, 'encoder_hidden_size': null, 'prefix_projection': false"),
        Arguments.of(
            MultitaskPromptConfig.builder().virtualTokens(5).build(),
            START
                + ", 'prompt_tuning_init_state_dict_path': null, 'prompt_tuning_init_task': 0,"
                + " 'num_ranks': 1, 'num_tasks': 1"));
  }

  @ParameterizedTest
  @MethodSource("defaults")
  void defaultsAreHuggingFacesFieldByField(PeftConfig config, String own) throws Exception {
    JsonNode expected =
        json(
            "{'peft_type': '"
                + config.peftType()
                + "', 'auto_mapping': null, 'task_type': null, 'base_model_name_or_path': null,"
                + " 'revision': null, 'inference_mode': true, 'modules_to_save': null,"
                + " 'num_virtual_tokens': 5, 'token_dim': null, 'num_transformer_submodules': null,"
                + " 'num_attention_heads': null, 'num_layers': null"
                + own
                + "}");

    ObjectNode written = write(config);

    written.remove("peft_version");
    assertThat((JsonNode) written).isEqualTo(expected);
  }

  @ParameterizedTest
  @MethodSource("defaults")
  void aFileWithNothingButTheLengthHasTheDefaults(PeftConfig config, String ignored)
      throws Exception {
    ObjectNode json = json("{'peft_type': '" + config.peftType() + "', 'num_virtual_tokens': 5}");

    assertThat(Methods.of(config).readConfig(new ConfigReader(json))).isEqualTo(config);
  }

  @ParameterizedTest
  @MethodSource("defaults")
  void placesAreTheTargetsWhateverTheModel(PeftConfig config, String ignored) {
    assertThat(implicitTargets(config)).contains(new ModuleSelector.Every());
    assertThat(Methods.of(config).defaultTargets(new ModelModules(Optional.of("llama"), List.of())))
        .isEmpty();
    assertThat(Methods.of(config).siteKinds())
        .isEqualTo(
            config instanceof PrefixTuningConfig
                ? Set.of(SiteKind.PROMPT, SiteKind.ATTENTION)
                : Set.of(SiteKind.PROMPT));
  }

  private static <C extends PeftConfig> Optional<ModuleSelector> implicitTargets(C config) {
    return Methods.of(config).implicitTargets(config);
  }

  @ParameterizedTest
  @MethodSource("defaults")
  void savedModulesAreALevelLessDeepThanThoseOfOtherMethods(PeftConfig config, String ignored) {
    PeftMethod<?> method = Methods.of(config);

    assertThat(method.savedModulesRoot()).isEqualTo("base_model.");
  }

  private static ObjectNode json(String text) throws Exception {
    return (ObjectNode) new JsonMapper().readTree(text.replace('\'', '"'));
  }

  private static <C extends PeftConfig> ObjectNode write(C config) {
    return Methods.of(config).writeConfig(config);
  }
}
