package org.peft4j.lora;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.peft4j.PeftConfig;

/**
 * A method on a sort of site.
 *
 * @param method its name here
 * @param configs from the site's target and a probability of dropout to a config
 */
record PromiseCase(
    String method, LoraCase site, BiFunction<String, Double, ? extends PeftConfig> configs) {
  private static final Map<String, Row> METHODS = new LinkedHashMap<>();

  /** A method and the words in the names of the sorts of site that it is not for. */
  private record Row(List<String> not, BiFunction<String, Double, ? extends PeftConfig> configs) {}

  static {
    METHODS.put("lora", new Row(List.of(), (target, dropout) -> lora(target, dropout).build()));
    METHODS.put(
        "dora", new Row(List.of(), (target, dropout) -> lora(target, dropout).dora(true).build()));
  }

  private static LoraConfig.Builder lora(String target, double dropout) {
    return LoraConfig.builder().rank(2).alpha(4).dropout(dropout).targetModules(target);
  }

  /** Every method on every sort of site that it is for. */
  static Stream<PromiseCase> all() {
    return METHODS.entrySet().stream()
        .flatMap(
            entry ->
                LoraCase.all()
                    .filter(
                        site -> entry.getValue().not().stream().noneMatch(site.name()::contains))
                    .map(
                        site -> new PromiseCase(entry.getKey(), site, entry.getValue().configs())));
  }

  PeftConfig config() {
    return config(0);
  }

  PeftConfig config(double dropout) {
    return configs.apply(site.target(), dropout);
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
    return method + " on " + site;
  }
}
