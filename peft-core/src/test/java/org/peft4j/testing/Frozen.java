package org.peft4j.testing;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.method.Injection;
import org.peft4j.site.Site;
import org.peft4j.weight.DenseWeight;
import org.peft4j.weight.FrozenWeight;

/** A model that is nothing but sites, some with a frozen weight: for adapters alone. */
public final class Frozen implements Injection.FrozenValues {
  private final Map<Site, FrozenWeight> weights = new LinkedHashMap<>();

  private Frozen() {}

  /** A model without weights. */
  public static Frozen nothing() {
    return new Frozen();
  }

  /** A model with a weight at a site. */
  public static Frozen of(Site site, INDArray weight) {
    return nothing().and(site, weight);
  }

  /** The same model with one more weight. */
  public Frozen and(Site site, INDArray weight) {
    Frozen more = new Frozen();
    more.weights.putAll(weights);
    more.weights.put(site, DenseWeight.of(weight));
    return more;
  }

  /** The making of a new adapter on {@code targets}, or on all sites if none is named. */
  public Injection injection(Site... targets) {
    return new Injection(targets.length == 0 ? sites() : List.of(targets), this, true);
  }

  @Override
  public List<Site> sites() {
    return new ArrayList<>(weights.keySet());
  }

  @Override
  public FrozenWeight parameter(Site site, String name) {
    return weight(site);
  }

  @Override
  public FrozenWeight weight(Site site) {
    return Objects.requireNonNull(weights.get(site), site.name());
  }
}
