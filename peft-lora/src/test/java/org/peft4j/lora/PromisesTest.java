package org.peft4j.lora;

import java.util.stream.Stream;
import org.peft4j.config.PeftConfig;
import org.peft4j.lora.adalora.AdaLoraConfig;
import org.peft4j.lora.deltalora.DeltaLoraConfig;
import org.peft4j.lora.loha.LoHaConfig;
import org.peft4j.lora.lokr.LoKrConfig;
import org.peft4j.lora.mora.MoraConfig;
import org.peft4j.lora.mora.MoraType;
import org.peft4j.lora.vera.VeraConfig;
import org.peft4j.testing.LayerPromises;
import org.peft4j.testing.MethodRow;
import org.peft4j.testing.MethodRow.Trait;
import org.peft4j.testing.PromiseCase;

/** What users may rely on, for every method of the LoRA family. */
class PromisesTest extends LayerPromises {
  static final MethodRow[] METHODS = {
    MethodRow.of("lora", (target, dropout) -> LoraLayers.config(target).dropout(dropout).build()),
    MethodRow.of(
        "dora",
        (target, dropout) -> LoraLayers.config(target).dropout(dropout).dora(true).build(),
        // Its norm is constant in the backward pass: see DoraTest.
        Trait.OTHER_SLOPES),
    MethodRow.of("adalora", (target, dropout) -> adalora(target).dropout(dropout).build()),
    MethodRow.of("loha", PromisesTest::loha),
    MethodRow.of("lokr", PromisesTest::lokr),
    MethodRow.of("vera", PromisesTest::vera),
    mora("mora by sharing", MoraType.SHARING),
    mora("mora by rotation", MoraType.ROTATION),
    MethodRow.of(
        "delta-lora",
        PromisesTest::deltaLora,
        // A and B get the gradients of s·B·A alone: see GradientsTest.
        Trait.OTHER_SLOPES)
  };

  static Stream<PromiseCase> cases() {
    return Stream.of(
            PromiseCase.of(METHODS),
            PromiseCase.onRareLayers(METHODS[0]),
            PromiseCase.onRareLayers(METHODS[1]))
        .flatMap(each -> each);
  }

  static Stream<PromiseCase> others() {
    return PromiseCase.without(METHODS);
  }

  private static AdaLoraConfig.Builder adalora(String target) {
    return AdaLoraConfig.builder().initR(3).targetR(2).totalStep(100).targetModules(target);
  }

  private static PeftConfig loha(String target, double dropout) {
    return LoHaConfig.builder()
        .rank(2)
        .alpha(4)
        .rankDropout(dropout)
        .moduleDropout(dropout)
        .effectiveConvolution(true)
        .targetModules(target)
        .build();
  }

  private static PeftConfig lokr(String target, double dropout) {
    return LoKrConfig.builder()
        .rank(1)
        .alpha(2)
        .rankDropout(dropout)
        .moduleDropout(dropout)
        .effectiveConvolution(true)
        .decomposeBoth(true)
        .targetModules(target)
        .build();
  }

  private static PeftConfig vera(String target, double dropout) {
    return VeraConfig.builder().rank(8).dropout(dropout).targetModules(target).build();
  }

  private static MethodRow mora(String name, MoraType type) {
    return MethodRow.of(
        name,
        (target, dropout) ->
            MoraConfig.builder().rank(1).type(type).dropout(dropout).targetModules(target).build());
  }

  private static PeftConfig deltaLora(String target, double noDropout) {
    return DeltaLoraConfig.builder().rank(2).alpha(4).targetModules(target).build();
  }
}
