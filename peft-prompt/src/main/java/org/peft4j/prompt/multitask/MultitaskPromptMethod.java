package org.peft4j.prompt.multitask;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
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
import org.peft4j.prompt.tuning.PromptStart;
import org.peft4j.site.Site;

/** A prompt for all tasks, times the factors of the sequence's task. */
public final class MultitaskPromptMethod extends PromptMethod<MultitaskPromptConfig> {
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
    json.any("prompt_tuning_init_state_dict_path");
    int sourceTask = json.integer("prompt_tuning_init_task", 0);
    Optional<PromptSource> source =
        share(json).map(share -> new PromptSource(Optional.empty(), share, sourceTask));
    PromptInit init =
        source.isPresent()
            ? PromptInit.RANDOM
            : json.choice("prompt_tuning_init", PromptInit.class, PromptInit.RANDOM);
    PromptStart start = PromptStart.read(json, init);
    int ranks = json.integer("num_ranks", 1);
    int tasks = json.integer("num_tasks", 1);
    return new MultitaskPromptConfig(
        json.common("prompt", "multitask prompt tuning config"),
        prompt,
        start,
        source,
        ranks,
        tasks);
  }

  private static Optional<PromptSource.Share> share(ConfigReader json) {
    Optional<String> init = json.any("prompt_tuning_init").map(JsonNode::asText);
    return Arrays.stream(PromptSource.Share.values())
        .filter(share -> init.equals(Optional.of(share.init())))
        .findFirst();
  }

  @Override
  public ObjectNode writeConfig(MultitaskPromptConfig config) {
    ObjectNode json = config.prompt().write(MultitaskPromptConfig.PEFT_TYPE, config.common());
    config.start().write(json, config.common());
    // That it began from an earlier adapter is over; what it came to is in the weights.
    json.putNull("prompt_tuning_init_state_dict_path");
    json.put("prompt_tuning_init_task", 0);
    json.put("num_ranks", config.ranks());
    json.put("num_tasks", config.tasks());
    return json;
  }

  @Override
  public Optional<Adapter> inject(Site site, MultitaskPromptConfig config, Injection injection) {
    PromptFields.require("token_dim", config.prompt().tokenDim(), site.outputs());
    Optional<PromptSource> source = config.source().filter(given -> injection.fresh());
    Initializer first =
        source
            .map(given -> given.of(PromptTable.TABLE, false))
            .orElseGet(() -> FirstPrompt.of(config.start(), injection));
    return Optional.of(new MultitaskPrompt(site, config, source, first));
  }
}
