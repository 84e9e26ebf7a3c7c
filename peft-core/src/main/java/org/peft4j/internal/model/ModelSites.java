package org.peft4j.internal.model;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToLongFunction;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.error.PeftException;
import org.peft4j.internal.original.OriginalPart;
import org.peft4j.internal.original.OriginalVertex;
import org.peft4j.method.Injection.FrozenValues;
import org.peft4j.site.Site;
import org.peft4j.weight.FrozenWeight;

/** The sites of a model, and where each one's frozen weights are. */
public final class ModelSites implements FrozenValues {
  private final List<Site> sites = new ArrayList<>();
  private final Map<String, OriginalPart> layers = new HashMap<>();
  private final Optional<String> modelType;
  private final boolean external;

  public ModelSites(Map<String, OriginalPart> originals) {
    originals
        .values()
        .forEach(
            layer ->
                layer
                    .sites()
                    .forEach(
                        site -> {
                          sites.add(site);
                          layers.put(site.name(), layer);
                        }));
    modelType =
        originals.values().stream().flatMap(layer -> layer.modelType().stream()).findFirst();
    external = originals.values().stream().anyMatch(OriginalPart::external);
  }

  @Override
  public List<Site> sites() {
    return List.copyOf(sites);
  }

  public List<Site> all() {
    return sites();
  }

  Optional<String> modelType() {
    return modelType;
  }

  @Override
  public FrozenWeight parameter(Site site, String parameter) {
    return layer(site).frozen(site, parameter);
  }

  @Override
  public double lookUpFactor(Site site) {
    return layer(site).lookUpFactor(site);
  }

  private OriginalPart layer(Site site) {
    OriginalPart layer = layers.get(site.name());
    if (layer == null) {
      throw new IllegalArgumentException("No site " + site.name() + " in this model.");
    }
    return layer;
  }

  /** Whether a site belongs to a vertex without a layer. */
  boolean isOfVertex(Site site) {
    return layer(site) instanceof OriginalVertex;
  }

  /** Whether the layer of a site handles rows with different adapters at once. */
  boolean rowsApart(Site site) {
    return layer(site).rowsApart();
  }

  /**
   * Refuses an adapter that cannot act at its site, such as one with a bias of its own where there
   * is no place for one.
   *
   * @throws PeftException if this is one
   */
  void requireTaken(Adapter adapter) {
    Site site = adapter.site();
    layer(site).requireTaken(adapter);
    if (adapter instanceof WeightAdapter w && w.changesBias() && !layer(site).takesBias(site)) {
      throw new PeftException(
          "lora_bias is impossible at "
              + site.name()
              + ": the layer adds no bias right after this product. Set lora_bias to false, or"
              + " exclude the module.");
    }
  }

  /**
   * The elements of the base model, a tied weight counted once.
   *
   * @param own the number that the base model itself counts
   */
  public long baseCount(long own) {
    return external ? sumOfDistinct(FrozenWeight::count) : own;
  }

  /** Their size in bytes. {@code type} is that of the model's parameters. */
  long baseBytes(long own, DataType type) {
    return external ? sumOfDistinct(FrozenWeight::bytes) : own * type.width();
  }

  private long sumOfDistinct(ToLongFunction<FrozenWeight> of) {
    Set<FrozenWeight> distinct = Collections.newSetFromMap(new IdentityHashMap<>());
    sites.forEach(site -> distinct.addAll(weights(site)));
    return distinct.stream().mapToLong(of).sum();
  }

  private Set<FrozenWeight> weights(Site site) {
    Set<FrozenWeight> weights = Collections.newSetFromMap(new IdentityHashMap<>());
    site.parameters().forEach(p -> weights.add(parameter(site, p.name())));
    return weights;
  }

  /** Other sites that share a frozen weight with {@code site}. */
  @Override
  public List<Site> tiedTo(Site site) {
    Set<FrozenWeight> own = weights(site);
    return sites.stream()
        .filter(other -> !other.name().equals(site.name()))
        .filter(other -> !Collections.disjoint(weights(other), own))
        .toList();
  }
}
