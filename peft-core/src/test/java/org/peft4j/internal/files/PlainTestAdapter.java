package org.peft4j.internal.files;

import java.util.List;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.Initializer;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.site.Site;

/** What an {@link EncodedTestAdapter} comes to, without its encoder. */
record PlainTestAdapter(Site site) implements Adapter {
  @Override
  public List<ParameterSpec> parameters() {
    return List.of(
        ParameterSpec.of(EncodedTestAdapter.PROMPT, Initializer.zeros(), site.outputs()));
  }

  @Override
  public String key(ParameterSpec parameter) {
    return parameter.name();
  }
}
