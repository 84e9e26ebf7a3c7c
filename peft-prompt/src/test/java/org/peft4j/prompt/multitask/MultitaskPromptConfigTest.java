package org.peft4j.prompt.multitask;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.config.ConfigReader;
import org.peft4j.error.PeftException;
import org.peft4j.method.Methods;
import org.peft4j.prompt.internal.multitask.MultitaskPromptMethod;
import org.peft4j.prompt.multitask.PromptSource.Share;
import org.peft4j.prompt.tuning.PromptInit;

/** Configs of multitask prompts. */
class MultitaskPromptConfigTest {
  private static MultitaskPromptConfig.Builder config() {
    return MultitaskPromptConfig.builder().virtualTokens(2);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 1, num_ranks is 0; allowed: 1 to 65536.",
    "65537, 1, num_ranks is 65537; allowed: 1 to 65536.",
    "1, 0, num_tasks is 0; allowed: 1 to 1048576.",
    "1, 1048577, num_tasks is 1048577; allowed: 1 to 1048576."
  })
  void ranksAndTasksHaveALowestAndAHighest(int ranks, int tasks, String message) {
    assertThatThrownBy(() -> config().ranks(ranks).tasks(tasks).build())
        .isInstanceOf(PeftException.class)
        .hasMessage("Invalid multitask prompt tuning config: " + message);
  }

  @ParameterizedTest
  @CsvSource({"ONE_TASK", "MEAN_OF_TASKS"})
  void factorsOfASourceAreThoseOfOneTask(Share share) {
    PromptSource source = new PromptSource(Path.of("x"), share, 0);

    assertThatThrownBy(() -> config().tasks(2).source(source).build())
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("num_tasks is 2; allowed with one task's matrix as the source: 1.");
  }

  @Test
  void allProblemsAreToldAtOnce() {
    assertThatThrownBy(() -> MultitaskPromptConfig.builder().ranks(0).tasks(0).build())
        .hasMessageContainingAll("num_virtual_tokens", "num_ranks is 0", "num_tasks is 0");
  }

  @ParameterizedTest
  @CsvSource({
    "AVERAGE_SOURCE_TASKS, MEAN_OF_TASKS",
    "EXACT_SOURCE_TASK, ONE_TASK",
    "ONLY_SOURCE_SHARED, SHARED_PROMPT"
  })
  void huggingFacesNamesOfSourcesAreUnderstood(String init, Share share) throws Exception {
    MultitaskPromptConfig config =
        read(", 'prompt_tuning_init': '" + init + "', 'prompt_tuning_init_task': 3");

    assertThat(config.source()).contains(new PromptSource(Optional.empty(), share, 3));
    assertThat(config.start().init()).isEqualTo(PromptInit.RANDOM);
  }

  @Test
  void aPathInAFileIsReadOverAndNotKept() throws Exception {
    MultitaskPromptConfig config =
        read(", 'prompt_tuning_init_state_dict_path': '/etc/passwd', 'num_tasks': 2");

    assertThat(config.source()).isEmpty();
    assertThat(config.common().unknown()).isEmpty();
    assertThat(Methods.of(config).writeConfig(config).toString()).doesNotContain("passwd");
  }

  @Test
  void thatAnAdapterBeganFromAnotherIsNotWritten() {
    MultitaskPromptConfig config =
        config().source(new PromptSource(Path.of("x"), Share.ONE_TASK, 4)).build();

    ObjectNode json = Methods.of(config).writeConfig(config);

    assertThat(json.get("prompt_tuning_init").textValue()).isEqualTo("RANDOM");
    assertThat(json.get("prompt_tuning_init_task").intValue()).isZero();
  }

  private static MultitaskPromptConfig read(String fields) throws Exception {
    String text = "{'peft_type': 'MULTITASK_PROMPT_TUNING', 'num_virtual_tokens': 2" + fields + "}";
    ObjectNode json = (ObjectNode) new JsonMapper().readTree(text.replace('\'', '"'));
    return new MultitaskPromptMethod().readConfig(new ConfigReader(json));
  }
}
