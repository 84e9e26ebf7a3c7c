package org.peft4j.prompt.multitask;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.Initializer;
import org.peft4j.config.ConfigReader;
import org.peft4j.method.Injection;
import org.peft4j.prompt.PromptFields;
import org.peft4j.prompt.PromptMethod;
import org.peft4j.prompt.PromptTable;
import org.peft4j.prompt.tuning.FirstPrompt;
import org.peft4j.prompt.tuning.PromptInit;
import org.peft4j.site.Site;

/** A prompt for all tasks, times the factors of the sequence's task. */
public final class MultitaskPromptMethod extends PromptMethod<MultitaskPromptConfig> {
  /** What Hugging Face PEFT calls beginnings from an earlier adapter. */
  private static final List<String> SOURCES =
      List.of("AVERAGE_SOURCE_TASKS", "EXACT_SOURCE_TASK", "ONLY_SOURCE_SHARED");

  @Override
  public String peftType() {
    return MultitaskPromptConfig.PEFT_TYPE;
  }

  @Override
  public Class<MultitaskPromptConfig> configType() {
    return MultitaskPromptConfig.class;
  }

  @Override
  public MultitaskPromptConfig readConfig(ConfigReader json) {
    PromptFields prompt = PromptFields.read(json);
    boolean fromSource =
        json.any("prompt_tuning_init").map(v -> SOURCES.contains(v.asText())).orElse(false);
    PromptInit init =
        fromSource
            ? PromptInit.RANDOM
            : json.choice("prompt_tuning_init", PromptInit.class, PromptInit.RANDOM);
    Optional<String> text = json.text("prompt_tuning_init_text");
    json.any("prompt_tuning_init_state_dict_path");
    json.any("prompt_tuning_init_task");
    json.any("tokenizer_name_or_path");
    json.any("tokenizer_kwargs");
    int ranks = json.integer("num_ranks", 1);
    int tasks = json.integer("num_tasks", 1);
    return new MultitaskPromptConfig(
        json.common("prompt"), prompt, init, text, List.of(), Optional.empty(), ranks, tasks);
  }

  @Override
  public ObjectNode writeConfig(MultitaskPromptConfig config) {
    ObjectNode json = config.prompt().write(MultitaskPromptConfig.PEFT_TYPE, config.common());
    // How it began is over; what it came to is in the weights.
    json.put("prompt_tuning_init", PromptInit.RANDOM.name());
    json.put("prompt_tuning_init_text", config.initText().orElse(null));
    json.putNull("prompt_tuning_init_state_dict_path");
    json.put("prompt_tuning_init_task", 0);
    json.putNull("tokenizer_name_or_path");
    json.putNull("tokenizer_kwargs");
    json.put("num_ranks", config.ranks());
    json.put("num_tasks", config.tasks());
    return json;
  }

  @Override
  public Optional<Adapter> inject(Site site, MultitaskPromptConfig config, Injection injection) {
    PromptFields.require("token_dim", config.prompt().tokenDim(), site.outputs());
    return Optional.of(new MultitaskPrompt(site, config, first(config, injection)));
  }

  private static Initializer first(MultitaskPromptConfig config, Injection injection) {
    if (!injection.fresh()) {
      return Initializer.zeros();
    }
    return config
        .source()
        .map(source -> source.of(PromptTable.TABLE, false))
        .orElseGet(() -> FirstPrompt.of(config.init(), config.initTokens(), injection.frozen()));
  }
}
