package org.peft4j.testing;

import org.peft4j.config.CommonBuilder;
import org.peft4j.config.CommonConfig;

/** The fields that every config has, with no others. */
public final class SelectionConfig extends CommonBuilder<SelectionConfig> {
  private SelectionConfig() {}

  /** Nothing set. */
  public static SelectionConfig builder() {
    return new SelectionConfig();
  }

  @Override
  protected SelectionConfig self() {
    return this;
  }

  /** What was set. */
  public CommonConfig fields() {
    return common();
  }
}
