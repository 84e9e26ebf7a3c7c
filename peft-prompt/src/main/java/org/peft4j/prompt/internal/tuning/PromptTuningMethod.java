package org.peft4j.prompt.internal.tuning;

import java.util.Optional;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.Initializer;
import org.peft4j.config.ConfigFields;
import org.peft4j.config.FieldRole;
import org.peft4j.config.FieldType;
import org.peft4j.method.Injection;
import org.peft4j.prompt.PromptFields;
import org.peft4j.prompt.internal.BeforeInput;
import org.peft4j.prompt.internal.PromptMethod;
import org.peft4j.prompt.internal.PromptTable;
import org.peft4j.prompt.tuning.PromptInit;
import org.peft4j.prompt.tuning.PromptStart;
import org.peft4j.prompt.tuning.PromptTuningConfig;
import org.peft4j.prompt.tuning.PromptTuningConfig.Builder;
import org.peft4j.site.Site;

/** A table of embeddings before those of the input. */
public final class PromptTuningMethod extends PromptMethod<PromptTuningConfig> {
  private static final ConfigFields<PromptTuningConfig, Builder> FIELDS =
      PromptStart.describe(
          PromptFields.describe(
                  ConfigFields.of(
                      "prompt tuning", "prompt", PromptTuningConfig::builder, Builder::build),
                  PromptTuningConfig::prompt)
              .add(
                  "prompt_tuning_init",
                  FieldType.choice(PromptInit.class),
                  "First values of the prompt.",
                  config -> config.start().inFile(config.common()).init(),
                  Builder::init)
              .role(FieldRole.INIT),
          PromptTuningConfig::start);

  @Override
  public String peftType() {
    return PromptTuningConfig.PEFT_TYPE;
  }

  @Override
  public Class<PromptTuningConfig> configType() {
    return PromptTuningConfig.class;
  }

  @Override
  public ConfigFields<PromptTuningConfig, ?> fields() {
    return FIELDS;
  }

  @Override
  public Optional<Adapter> inject(Site site, PromptTuningConfig config, Injection injection) {
    PromptFields.require("token_dim", config.prompt().tokenDim(), site.outputs());
    BeforeInput use =
        new BeforeInput(config.prompt().virtualTokens(), config.prompt().rows(config.common()));
    Initializer first = FirstPrompt.of(config.start(), injection);
    return Optional.of(new PromptTable(site, use, site.outputs(), first));
  }
}
