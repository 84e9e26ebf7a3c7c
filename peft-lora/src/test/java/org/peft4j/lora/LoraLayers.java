package org.peft4j.lora;

import java.util.stream.Stream;
import org.peft4j.testing.LayerCase;
import org.peft4j.testing.LayerCases;
import org.peft4j.testing.MethodRow;
import org.peft4j.testing.PromiseCase;

/** Plain LoRA on Deeplearning4j's layers. */
final class LoraLayers {
  private static final MethodRow METHOD =
      MethodRow.of("lora", (target, dropout) -> config(target).dropout(dropout).build());

  private LoraLayers() {}

  /** Every kind of layer that LoRA is for, and the weights of a layer that has several. */
  static Stream<LayerCase> all() {
    return Stream.concat(
        PromiseCase.of(METHOD).map(PromiseCase::layer),
        Stream.of(LayerCases.named("lstm recurrent weight")));
  }

  /** Plain LoRA there. */
  static LoraConfig.Builder config(LayerCase layer) {
    return config(layer.target());
  }

  static LoraConfig.Builder config(String target) {
    return LoraConfig.builder().rank(2).alpha(4).targetModules(target);
  }
}
