package org.peft4j.prompt.multitask;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.peft4j.config.CommonConfig;
import org.peft4j.config.ConfigFields;
import org.peft4j.config.FieldType;
import org.peft4j.config.PeftConfig;
import org.peft4j.prompt.PromptFields;
import org.peft4j.prompt.tuning.PromptInit;
import org.peft4j.prompt.tuning.PromptStart;
import org.peft4j.prompt.tuning.StartBuilder;

/**
 * The config of multitask prompt tuning, with Hugging Face PEFT's fields and defaults.
 *
 * @param common the fields of every method; a prompt has no targets
 * @param prompt the fields of every prompt
 * @param start the first values of the shared prompt
 * @param source an earlier multitask adapter to start from instead; not in a file
 * @param ranks the rank of a task's matrix
 * @param tasks the number of tasks
 */
public record MultitaskPromptConfig(
    CommonConfig common,
    PromptFields prompt,
    PromptStart start,
    Optional<PromptSource> source,
    int ranks,
    int tasks)
    implements PeftConfig {
  /** The name in {@code peft_type}. */
  public static final String PEFT_TYPE = "MULTITASK_PROMPT_TUNING";

  static final FieldType<Integer> RANKS = FieldType.integer(1, 1 << 16);
  static final FieldType<Integer> TASKS = FieldType.integer(1, 1 << 20);

  /**
   * Checks every field.
   *
   * @throws org.peft4j.error.PeftException listing all problems
   */
  public MultitaskPromptConfig {
    List<String> problems = prompt.problems(common);
    RANKS.check("num_ranks", ranks, problems);
    TASKS.check("num_tasks", tasks, problems);
    if (source.map(PromptSource::hasFactors).orElse(false) && tasks != 1) {
      problems.add("num_tasks is " + tasks + "; allowed with one task's matrix as the source: 1.");
    }
    CommonConfig.require("multitask prompt tuning config", problems);
  }

  @Override
  public String peftType() {
    return PEFT_TYPE;
  }

  @Override
  public MultitaskPromptConfig encoded(Function<String, int[]> encoder) {
    return toBuilder().start(start.encoded(encoder)).build();
  }

  @Override
  public Builder toBuilder() {
    Builder builder =
        builder().common(common).prompt(prompt).start(start).ranks(ranks).tasks(tasks);
    source.ifPresent(builder::source);
    return builder;
  }

  /** Its fields in {@code adapter_config.json}: names, ranges, defaults and help. */
  public static ConfigFields<MultitaskPromptConfig, Builder> jsonFields() {
    return MultitaskPromptFields.ALL;
  }

  /** A builder; the number of virtual tokens must be set. */
  public static Builder builder() {
    return new Builder();
  }

  /** Builds a {@link MultitaskPromptConfig}. */
  public static final class Builder extends StartBuilder<Builder> {
    private Optional<PromptSource> source = Optional.empty();
    private int ranks = 1;
    private int tasks = 1;

    private Builder() {}

    @Override
    protected Builder self() {
      return this;
    }

    /** Starts from an earlier multitask adapter. */
    public Builder source(PromptSource value) {
      source = Optional.of(value);
      return this;
    }

    /**
     * Reads a file's {@code prompt_tuning_init}: a source, which the file only names, or another
     * start.
     */
    void initOrSource(String word) {
      PromptSource.Share.named(word)
          .ifPresentOrElse(
              share -> source(new PromptSource(Optional.empty(), share, 0)),
              () -> init(PromptInit.valueOf(word)));
    }

    void sourceTask(int task) {
      source = source.map(from -> new PromptSource(from.weights(), from.share(), task));
    }

    /** The rank of a task's matrix; 1 by default. */
    public Builder ranks(int value) {
      ranks = value;
      return this;
    }

    /** The number of tasks; 1 by default. */
    public Builder tasks(int value) {
      tasks = value;
      return this;
    }

    @Override
    public MultitaskPromptConfig build() {
      return new MultitaskPromptConfig(common(), prompt(), start(), source, ranks, tasks);
    }
  }
}
