package org.peft4j.prompt.internal;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.peft4j.config.ModuleSelector;
import org.peft4j.config.PeftConfig;
import org.peft4j.method.ModelModules;
import org.peft4j.method.PeftMethod;
import org.peft4j.site.SiteKind;

/**
 * The common part of this module's methods: they have no targets and use every site of their kinds.
 *
 * @param <C> the config
 */
public abstract class PromptMethod<C extends PeftConfig> implements PeftMethod<C> {
  @Override
  public Set<SiteKind> siteKinds() {
    return EnumSet.of(SiteKind.PROMPT);
  }

  @Override
  public final Optional<ModuleSelector> implicitTargets(C config) {
    return Optional.of(new ModuleSelector.Every());
  }

  /** For a prompt, Hugging Face PEFT wraps a model without a tuner: one level less in the keys. */
  @Override
  public final String savedModulesRoot() {
    return "base_model.";
  }

  @Override
  public final Optional<List<String>> defaultTargets(ModelModules model) {
    return Optional.empty();
  }

  @Override
  public final List<String> patterns(C config) {
    return List.of();
  }
}
