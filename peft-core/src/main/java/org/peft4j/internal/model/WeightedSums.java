package org.peft4j.internal.model;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.internal.files.SlotTensors;
import org.peft4j.method.Combination;
import org.peft4j.method.Methods;
import org.peft4j.method.PeftMethod;

/** Weighted sums of a model's adapters. */
public final class WeightedSums {
  private WeightedSums() {}

  /**
   * The sum as config and tensors.
   *
   * @throws PeftException if the lists differ in length, a weight is not finite, a name is unknown,
   *     the adapters are of different methods, or the method cannot add them in this way
   */
  public static PeftMethod.Saved<? extends PeftConfig> of(
      Function<String, LoadedAdapter> adapters,
      List<String> names,
      List<Double> weights,
      Combination how) {
    if (names.size() != weights.size() || names.isEmpty()) {
      throw new PeftException(
          "There are "
              + names.size()
              + " adapters and "
              + weights.size()
              + " weights; give one weight for each adapter, and one adapter at least.");
    }
    for (double weight : weights) {
      if (!Double.isFinite(weight)) {
        throw new PeftException("A weight is " + weight + "; allowed: finite numbers.");
      }
    }
    return combine(adapters, names, weights, how, adapters.apply(names.get(0)).config());
  }

  private static <C extends PeftConfig> PeftMethod.Saved<C> combine(
      Function<String, LoadedAdapter> adapters,
      List<String> names,
      List<Double> weights,
      Combination how,
      C first) {
    PeftMethod<C> method = Methods.of(first);
    List<PeftMethod.Source<C>> sources = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      String name = names.get(i);
      LoadedAdapter adapter = adapters.apply(name);
      PeftConfig config = adapter.config();
      if (!method.configType().isInstance(config)) {
        throw new PeftException(
            "Adapter \""
                + names.get(0)
                + "\" is of the method "
                + first.peftType()
                + ", \""
                + name
                + "\" of "
                + config.peftType()
                + "; only adapters of one method can be combined.");
      }
      sources.add(
          new PeftMethod.Source<>(
              name,
              method.configType().cast(config),
              weights.get(i),
              adapter.parts(),
              SlotTensors.of(adapter.slots())));
    }
    return method.combine(sources, how);
  }
}
