package org.peft4j.method;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.peft4j.site.Site;
import org.peft4j.weight.FrozenWeight;

/**
 * The creation of one adapter: what its parts at different sites share. The object is the adapter's
 * identity, which its parts use as a key to find each other's arrays in a pass.
 */
public final class Injection {
  /** The frozen values of a model. */
  public interface FrozenValues {
    /** Every site of the model, in the order of the forward pass; empty if unknown. */
    default List<Site> sites() {
      return List.of();
    }

    /** Whether there are values; a plan has none. */
    default boolean known() {
      return true;
    }

    /** The frozen value of a site's parameter; sites that share it have the same object. */
    FrozenWeight parameter(Site site, String name);

    /** The weight that a {@link org.peft4j.adapter.WeightAdapter} would change. */
    default FrozenWeight weight(Site site) {
      return parameter(site, site.parameters().get(0).name());
    }

    /** The factor of rows that the embedding of this site looks up: √width in Gemma, mostly 1. */
    default double lookUpFactor(Site site) {
      return 1;
    }

    /** Other sites that share a frozen weight with {@code site}; empty where it is not known. */
    default List<Site> tiedTo(Site site) {
      return List.of();
    }
  }

  private final List<Site> targets;
  private final FrozenValues frozen;
  private final boolean fresh;
  private final boolean encoders;
  private final Function<Site, List<Site>> tied;
  private final Map<Class<?>, Object> shared = new HashMap<>();

  /**
   * @param targets every target site, in the model's order
   * @param frozen the model's frozen values
   * @param fresh whether the values are drawn; false if they are loaded
   * @param encoders whether encoders have parameters: false if the adapter is loaded from a file
   *     without them
   * @param tied the other sites at which the adapter at a site acts too, because the config ties
   *     them: see {@link org.peft4j.adapter.SharingAdapter}
   */
  public Injection(
      List<Site> targets,
      FrozenValues frozen,
      boolean fresh,
      boolean encoders,
      Function<Site, List<Site>> tied) {
    this.tied = tied;
    this.targets = List.copyOf(targets);
    this.frozen = frozen;
    this.fresh = fresh;
    this.encoders = encoders;
  }

  /** The creation of an adapter whose parts act at their own sites only. */
  public Injection(List<Site> targets, FrozenValues frozen, boolean fresh, boolean encoders) {
    this(targets, frozen, fresh, encoders, site -> List.of());
  }

  /** The creation of an adapter with drawn values. */
  public Injection(List<Site> targets, FrozenValues frozen, boolean encoders) {
    this(targets, frozen, true, encoders);
  }

  public List<Site> targets() {
    return targets;
  }

  public FrozenValues frozen() {
    return frozen;
  }

  /** The other sites at which the adapter at this one must act too; mostly none. */
  public List<Site> tied(Site site) {
    return tied.apply(site);
  }

  /** Whether the values are drawn, not loaded. */
  public boolean fresh() {
    return fresh;
  }

  /** Whether to create an {@link org.peft4j.adapter.EncodedAdapter} if the config asks for one. */
  public boolean encoders() {
    return encoders;
  }

  /** An object that all parts of this adapter share; the first one to ask creates it. */
  public synchronized <T> T shared(Class<T> sort, Supplier<T> make) {
    return sort.cast(shared.computeIfAbsent(sort, ignored -> make.get()));
  }
}
