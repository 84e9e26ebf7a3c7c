package org.peft4j.lora;

import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.peft4j.PeftConfig;
import org.peft4j.lora.deltalora.DeltaLoraConfig;
import org.peft4j.lora.loha.LoHaConfig;
import org.peft4j.lora.lokr.LoKrConfig;
import org.peft4j.lora.mora.MoraConfig;
import org.peft4j.lora.mora.MoraType;
import org.peft4j.lora.vera.VeraConfig;

/** A method on a sort of site. */
record PromiseCase(Method method, LoraCase site) {
  /**
   * A method.
   *
   * @param embeddings whether it is for embeddings too
   * @param convolutions whether it is for convolutions too
   * @param configs from the target and a probability of dropout to a config
   */
  record Method(
      String name,
      boolean embeddings,
      boolean convolutions,
      BiFunction<String, Double, PeftConfig> configs) {
    boolean isFor(LoraCase site) {
      return (embeddings || !site.name().contains("embedding"))
          && (convolutions || !site.name().contains("convolution"));
    }
  }

  private static Stream<Method> methods() {
    return Stream.of(
        new Method("lora", true, true, (target, dropout) -> lora(target, dropout).build()),
        new Method(
            "dora", true, true, (target, dropout) -> lora(target, dropout).dora(true).build()),
        new Method("loha", false, true, PromiseCase::loha),
        new Method("lokr", false, true, PromiseCase::lokr),
        new Method("vera", false, false, PromiseCase::vera),
        mora("mora by sharing", MoraType.SHARING),
        mora("mora by rotation", MoraType.ROTATION),
        new Method("delta-lora", true, true, PromiseCase::deltaLora));
  }

  private static LoraConfig.Builder lora(String target, double dropout) {
    return LoraConfig.builder().rank(2).alpha(4).dropout(dropout).targetModules(target);
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

  private static Method mora(String name, MoraType type) {
    return new Method(
        name,
        false,
        true,
        (target, dropout) ->
            MoraConfig.builder().rank(1).type(type).dropout(dropout).targetModules(target).build());
  }

  private static PeftConfig deltaLora(String target, double noDropout) {
    return DeltaLoraConfig.builder().rank(2).alpha(4).targetModules(target).build();
  }

  /** Every method on every sort of site that it is for. */
  static Stream<PromiseCase> all() {
    return methods()
        .flatMap(
            method -> LoraCase.all().filter(method::isFor).map(s -> new PromiseCase(method, s)));
  }

  PeftConfig config() {
    return config(0);
  }

  PeftConfig config(double dropout) {
    return method.configs().apply(site.target(), dropout);
  }

  MultiLayerNetwork base() {
    return site.base();
  }

  INDArray x() {
    return site.x();
  }

  DataSet data() {
    return site.data();
  }

  @Override
  public String toString() {
    return method.name() + " on " + site;
  }
}
