package org.peft4j.testing;

import java.util.Set;
import org.peft4j.config.PeftConfig;
import org.peft4j.method.Methods;
import org.peft4j.method.PeftMethod;
import org.peft4j.site.Site;

/**
 * A method in the table of promises.
 *
 * @param traits in what it differs from most
 * @param configs from a target and a probability of dropout to a config; a method without dropout
 *     ignores it
 */
public record MethodRow(String name, Set<Trait> traits, Configs configs) {
  public MethodRow {
    traits = Set.copyOf(traits);
  }

  /** What a method may be. */
  public enum Trait {
    /** It is no change of a weight, and says so when it is to be merged. */
    NOT_MERGEABLE,
    /** Its backward pass takes something for constant that is not. */
    OTHER_SLOPES,
    /** It stands in for what it adapts, so that of two active ones there is no sum. */
    REPLACES,
    /** It trains biases, so that it is for layers that have some. */
    BIASES
  }

  /** Makes a config. */
  @FunctionalInterface
  public interface Configs {
    PeftConfig of(String target, double dropout);
  }

  /** A method. */
  public static MethodRow of(String name, Configs configs, Trait... traits) {
    return new MethodRow(name, Set.of(traits), configs);
  }

  boolean is(Trait trait) {
    return traits.contains(trait);
  }

  /** Whether it is for what {@code layer} targets. */
  boolean isFor(LayerCase layer) {
    return isFor(Methods.of(configs.of(layer.target(), 0)), layer);
  }

  private boolean isFor(PeftMethod<?> method, LayerCase layer) {
    return layer.sites().stream()
        .filter(site -> method.siteKinds().contains(site.kind()))
        .anyMatch(site -> !is(Trait.BIASES) || hasBias(site));
  }

  private static boolean hasBias(Site site) {
    return site.parameters().stream().anyMatch(parameter -> parameter.bias());
  }
}
