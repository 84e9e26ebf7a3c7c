package org.peft4j.prompt.multitask;

import java.util.List;
import java.util.stream.Stream;
import org.peft4j.config.ConfigFields;
import org.peft4j.config.FieldRole;
import org.peft4j.config.FieldType;
import org.peft4j.prompt.PromptFields;
import org.peft4j.prompt.multitask.MultitaskPromptConfig.Builder;
import org.peft4j.prompt.tuning.PromptInit;
import org.peft4j.prompt.tuning.PromptStart;

/** The fields of {@link MultitaskPromptConfig} in {@code adapter_config.json}. */
final class MultitaskPromptFields {
  private static final FieldType<String> INIT =
      FieldType.oneOf(
          Stream.concat(
                  Stream.of(PromptInit.values()).map(Enum::name),
                  Stream.of(PromptSource.Share.values()).map(PromptSource.Share::init))
              .toList(),
          name -> name);

  /** A saved prompt no longer mentions the earlier adapter that it started from. */
  static final ConfigFields<MultitaskPromptConfig, Builder> ALL =
      PromptStart.describe(
          PromptFields.describe(
                  ConfigFields.of(
                      "multitask prompt tuning",
                      "prompt",
                      MultitaskPromptConfig::builder,
                      Builder::build),
                  MultitaskPromptConfig::prompt)
              .add(
                  "num_tasks",
                  MultitaskPromptConfig.TASKS,
                  "Number of tasks.",
                  MultitaskPromptConfig::tasks,
                  Builder::tasks)
              .role(FieldRole.TASKS)
              .add(
                  "num_ranks",
                  MultitaskPromptConfig.RANKS,
                  "Rank of a task's matrix.",
                  MultitaskPromptConfig::ranks,
                  Builder::ranks)
              .add(
                  "prompt_tuning_init",
                  INIT,
                  "First values of the shared prompt.",
                  config -> config.start().inFile(config.common()).init().name(),
                  Builder::initOrSource)
              .role(FieldRole.INIT)
              .add(
                  "prompt_tuning_init_task",
                  FieldType.INTEGER,
                  "The earlier adapter's task, for EXACT_SOURCE_TASK.",
                  config -> 0,
                  Builder::sourceTask)
              .ignore(List.of("prompt_tuning_init_state_dict_path")),
          MultitaskPromptConfig::start);

  private MultitaskPromptFields() {}
}
