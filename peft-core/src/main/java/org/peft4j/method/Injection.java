package org.peft4j.method;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.site.Site;

/**
 * The creation of one adapter: what its parts at different sites share. The object is the adapter's identity, which its parts use as a key to find each other's arrays in a pass.
 */
public final class Injection {
  /** The frozen values of a model. */
  public interface FrozenValues {
    /** Every site of the model, in the order of the forward pass; empty if unknown. */
    default List<Site> sites() {
      return List.of();
    }

    /** A parameter in its checkpoint's shape: the array itself or a view, never a copy. */
    INDArray parameter(Site site, String name);

    /**
     * The weight as a view in the shape that a {@link org.peft4j.adapter.WeightAdapter} takes:
     * [out, in] for a linear map. It may be of the type BFLOAT16.
     */
    INDArray weight(Site site);

    /** Other sites that share a frozen array with {@code site}; empty where it is not known. */
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
   * @param targets every target site, in the model's order
   * @param frozen the model's frozen values
   * @param fresh whether the values are drawn; false if they are loaded
   * @param encoders whether encoders have parameters: false if the adapter is loaded from a file without them
   */
  public Injection(List<Site> targets, FrozenValues frozen, boolean fresh, boolean encoders) {
    this.targets = List.copyOf(targets);
    this.frozen = frozen;
    this.fresh = fresh;
    this.encoders = encoders;
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
