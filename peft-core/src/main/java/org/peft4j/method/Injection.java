package org.peft4j.method;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.peft4j.site.Site;
import org.peft4j.weight.FrozenWeight;

/**
 * One making of an adapter: what its parts at the single sites may know of each other. The object
 * itself is the identity of the adapter, by which parts find each other in a pass.
 */
public final class Injection {
  /** The frozen values of a model. */
  public interface FrozenValues {
    /** Every site of the model, in the order of the forward pass; empty where it is not known. */
    default List<Site> sites() {
      return List.of();
    }

    /** The frozen value of a site's parameter; sites that share it have the same object. */
    FrozenWeight parameter(Site site, String name);

    /** The weight that a {@link org.peft4j.adapter.WeightAdapter} would change. */
    default FrozenWeight weight(Site site) {
      return parameter(site, site.parameters().get(0).name());
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
  private final Map<Class<?>, Object> shared = new HashMap<>();

  /**
   * @param targets every site that the method is asked to graft on, in the model's order
   * @param frozen the model's frozen values
   * @param fresh whether first values will be drawn; false where values are loaded
   * @param encoders whether the parameters of encoders are known or to be made: false where an
   *     adapter file without them is loaded
   */
  public Injection(List<Site> targets, FrozenValues frozen, boolean fresh, boolean encoders) {
    this.targets = List.copyOf(targets);
    this.frozen = frozen;
    this.fresh = fresh;
    this.encoders = encoders;
  }

  /** The making of an adapter with first values. */
  public Injection(List<Site> targets, FrozenValues frozen, boolean encoders) {
    this(targets, frozen, true, encoders);
  }

  public List<Site> targets() {
    return targets;
  }

  public FrozenValues frozen() {
    return frozen;
  }

  /** Whether first values will be drawn. */
  public boolean fresh() {
    return fresh;
  }

  /** Whether to make an {@link org.peft4j.adapter.EncodedAdapter} where the config means one. */
  public boolean encoders() {
    return encoders;
  }

  /** What all parts of this adapter share, made by the first that asks for it. */
  public synchronized <T> T shared(Class<T> sort, Supplier<T> make) {
    return sort.cast(shared.computeIfAbsent(sort, ignored -> make.get()));
  }
}
