package org.peft4j.prompt.tuning;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
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
    Optional<String> text = json.text("prompt_tuning_init_text");
    Optional<String> tokenizer = json.text("tokenizer_name_or_path");
    json.any("tokenizer_kwargs");
    return new PromptTuningConfig(json.common("prompt"), prompt, init, text, tokenizer, List.of());
  }

  @Override
  public ObjectNode writeConfig(PromptTuningConfig config) {
    ObjectNode json = config.prompt().write(PromptTuningConfig.PEFT_TYPE, config.common());
    // A text without its tokenizer cannot be read again; what it came to is in the weights.
    boolean whole = config.initText().isPresent() && config.tokenizer().isPresent();
    PromptInit init =
        config.init() == PromptInit.TEXT && !whole ? PromptInit.RANDOM : config.init();
    json.put("prompt_tuning_init", init.name());
    json.put("prompt_tuning_init_text", config.initText().orElse(null));
    json.put("tokenizer_name_or_path", config.tokenizer().orElse(null));
    json.putNull("tokenizer_kwargs");
    return json;
  }

  @Override
  public Optional<Adapter> inject(Site site, PromptTuningConfig config, Injection injection) {
    PromptFields.require("token_dim", config.prompt().tokenDim(), site.outputs());
    Initializer first =
        injection.fresh()
            ? FirstPrompt.of(config.init(), config.initTokens(), injection.frozen())
            : Initializer.zeros();
    return Optional.of(
        new PromptTable(
            site, new BeforeInput(config.prompt().virtualTokens()), site.outputs(), first));
  }
}
