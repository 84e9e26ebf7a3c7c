package org.peft4j.lora.internal;

import org.peft4j.PeftModel;
import org.peft4j.config.PeftConfig;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.LoraInit;
import org.peft4j.lora.eva.EvaInitialiser;
import org.peft4j.lora.eva.EvaSettings;
import org.peft4j.start.DataStart;
import org.peft4j.start.FirstValues;

/** {@code init_lora_weights: "eva"}, with Hugging Face PEFT's settings. */
public final class EvaStart implements DataStart {
  @Override
  public String name() {
    return LoraInit.EVA.json();
  }

  @Override
  public boolean isAskedBy(PeftConfig config) {
    return config instanceof LoraConfig lora && lora.init() == LoraInit.EVA;
  }

  @Override
  public PeftConfig before(PeftConfig config) {
    return ((LoraConfig) config).toBuilder().init(LoraInit.STANDARD).build();
  }

  @Override
  public FirstValues begin(PeftModel<?> model, String adapter) {
    return new EvaInitialiser(model, adapter, EvaSettings.DEFAULT);
  }
}
