package org.peft4j.prompt.internal.multitask;

import java.util.Optional;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.Initializer;
import org.peft4j.config.ConfigFields;
import org.peft4j.error.PeftException;
import org.peft4j.method.Injection;
import org.peft4j.prompt.PromptFields;
import org.peft4j.prompt.internal.PromptMethod;
import org.peft4j.prompt.internal.PromptTable;
import org.peft4j.prompt.internal.tuning.FirstPrompt;
import org.peft4j.prompt.multitask.MultitaskPromptConfig;
import org.peft4j.prompt.multitask.PromptSource;
import org.peft4j.site.Site;

/** A prompt for all tasks, multiplied by the factors of the sequence's task. */
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
  public ConfigFields<MultitaskPromptConfig, ?> fields() {
    return MultitaskPromptConfig.jsonFields();
  }

  @Override
  public Optional<Adapter> inject(Site site, MultitaskPromptConfig config, Injection injection) {
    PromptFields.require("token_dim", config.prompt().tokenDim(), site.outputs());
    if (config.prompt().rows(config.common()) != config.prompt().virtualTokens()) {
      throw new PeftException(
          "num_transformer_submodules is 2, by default for the task SEQ_2_SEQ_LM: multitask"
              + " prompts before the decoder are not supported. Set it to 1: prompts before the"
              + " encoder, as in the paper.");
    }
    Optional<PromptSource> source = config.source().filter(given -> injection.fresh());
    Initializer first =
        source
            .map(given -> new SourceTensors(given).of(PromptTable.TABLE, false))
            .orElseGet(() -> FirstPrompt.of(config.start(), injection));
    return Optional.of(new MultitaskPrompt(site, config, source, first));
  }
}
