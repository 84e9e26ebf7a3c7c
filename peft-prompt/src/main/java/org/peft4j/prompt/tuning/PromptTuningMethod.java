package org.peft4j.prompt.tuning;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.Initializer;
import org.peft4j.config.ConfigReader;
import org.peft4j.method.Injection;
import org.peft4j.prompt.BeforeInput;
import org.peft4j.prompt.PromptFields;
import org.peft4j.prompt.PromptMethod;
import org.peft4j.prompt.PromptTable;
import org.peft4j.site.Site;

/** A table of embeddings before those of the input. */
public final class PromptTuningMethod extends PromptMethod<PromptTuningConfig> {
  @Override
  public String peftType() {
    return PromptTuningConfig.PEFT_TYPE;
  }

  @Override
  public Class<PromptTuningConfig> configType() {
    return PromptTuningConfig.class;
  }

  @Override
  public PromptTuningConfig readConfig(ConfigReader json) {
    PromptFields prompt = PromptFields.read(json);
    PromptInit init = json.choice("prompt_tuning_init", PromptInit.class, PromptInit.RANDOM);
    PromptStart start = PromptStart.read(json, init);
    return new PromptTuningConfig(json.common("prompt", "prompt tuning config"), prompt, start);
  }

  @Override
  public ObjectNode writeConfig(PromptTuningConfig config) {
    ObjectNode json = config.prompt().write(PromptTuningConfig.PEFT_TYPE, config.common());
    config.start().write(json, config.common());
    return json;
  }

  @Override
  public Optional<Adapter> inject(Site site, PromptTuningConfig config, Injection injection) {
    PromptFields.require("token_dim", config.prompt().tokenDim(), site.outputs());
    BeforeInput use = new BeforeInput(config.prompt().virtualTokens());
    Initializer first = FirstPrompt.of(config.start(), injection);
    return Optional.of(new PromptTable(site, use, site.outputs(), first));
  }
}
