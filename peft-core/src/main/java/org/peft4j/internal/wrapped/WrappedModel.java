package org.peft4j.internal.wrapped;

import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Tensors;
import org.peft4j.internal.graft.SharedState;
import org.peft4j.internal.graft.Slot;
import org.peft4j.internal.original.OriginalPart;
import org.peft4j.method.TensorPlace;

/**
 * A base model with the wrapped model around it. It handles slots and arrays; names, configs and
 * files are {@link org.peft4j.PeftModel}'s.
 *
 * @param <M> the class of the base model and of the wrapped network
 */
public abstract class WrappedModel<M> {
  private final M base;
  private final SharedState shared;
  private final Traffic traffic;

  protected WrappedModel(M base, SharedState shared) {
    this.base = base;
    this.shared = shared;
    this.traffic = Traffic.over(base, shared.activity());
  }

  /** Its passes and changes. */
  public final Traffic traffic() {
    return traffic;
  }

  /** The base model, untouched. */
  public final M base() {
    return base;
  }

  /** What all replicas share at run time. */
  public final SharedState shared() {
    return shared;
  }

  /** The wrapped network, in which only adapters are parameters. */
  public abstract M network();

  /** The wrapped network's first output for these inputs, in memory of its own. */
  public abstract INDArray output(INDArray... inputs);

  /** A copy of the base model in memory of its own. */
  public abstract M copyOfBase();

  /** The original of every part of {@code model}, the base model or a copy, by name. */
  public abstract Map<String, OriginalPart> originals(M model);

  /** The original of every part of the base model, by name. */
  public abstract Map<String, OriginalPart> originals();

  /** The data type of the network's parameters. */
  public abstract DataType dataType();

  /**
   * Refuses adapters of single rows where nobody knows which rows are whose.
   *
   * @throws org.peft4j.error.PeftException if nobody knows
   */
  public void requireKnownRows() {}

  /** The number of the base model's own parameters. */
  public abstract long numParams();

  /**
   * Makes {@code slots} the network's parameters. Values are kept, and the updater's state of a set
   * of adapters returns with the set.
   */
  public abstract void activate(List<Slot> slots);

  /** The gradient arrays of an active slot, as the last backward pass left them. */
  public abstract Tensors gradients(Slot slot);

  /** Where each tensor of the active adapters lies in the network's parameter vector, in order. */
  public abstract List<TensorPlace> places();

  /** Gives the slots of an inactive adapter arrays of their own. */
  public abstract void release(String name);

  /** Like {@link #release}, and forgets the updater's state of every set that has the adapter. */
  public abstract void forget(String name);
}
