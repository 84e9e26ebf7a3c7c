package org.peft4j.diffusion.internal.model;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.memory.DetachedArrays;

/**
 * What the layers of a model share in one pass of one thread: the text's states, the embedding of
 * the time step, and results on the way down that are joined on the way up. Each has a gradient
 * where anything trains that gave it.
 */
public final class PicturePass {
  /** An array with its gradient; null where nobody needs one. */
  public static final class Shared {
    private final INDArray values;
    private final boolean gradientNeeded;
    private @Nullable INDArray gradient;

    private Shared(INDArray values, boolean gradientNeeded) {
      this.values = DetachedArrays.copy(values);
      this.gradientNeeded = gradientNeeded;
    }

    public INDArray values() {
      return values;
    }

    /** Whether what gave it trains. */
    public boolean gradientNeeded() {
      return gradientNeeded;
    }

    /** The gradient, to add to, zero at first; null if nobody needs it. */
    public @Nullable INDArray gradient() {
      if (gradientNeeded && gradient == null) {
        gradient = DetachedArrays.zeros(values.dataType(), values.shape());
      }
      return gradient;
    }

    private long bytes() {
      long arrays = gradient == null ? 1 : 2;
      return arrays * values.length() * values.dataType().width();
    }

    private void free() {
      values.close();
      if (gradient != null) {
        gradient.close();
        gradient = null;
      }
    }
  }

  private final List<Shared> all = new ArrayList<>();
  private final Deque<Shared> open = new ArrayDeque<>();
  private @Nullable INDArray steps;
  private @Nullable Shared text;
  private @Nullable Shared time;

  /** Begins a pass: what the one before shared is freed. */
  public void begin() {
    all.forEach(Shared::free);
    all.clear();
    open.clear();
    text = null;
    time = null;
    if (steps != null) {
      steps.close();
      steps = null;
    }
  }

  private Shared share(INDArray values, boolean gradientNeeded) {
    Shared shared = new Shared(values, gradientNeeded);
    all.add(shared);
    return shared;
  }

  /** Sets the time steps, [batch, 1]. */
  public void setSteps(INDArray values) {
    steps = DetachedArrays.copy(values);
  }

  /** The time steps, [batch, 1]. */
  public INDArray steps() {
    return Objects.requireNonNull(steps, "time steps");
  }

  /** The bytes of all that is shared, with its gradients. */
  public long bytes() {
    return all.stream().mapToLong(Shared::bytes).sum();
  }

  /** Sets the text's states, [batch, tokens, width]. */
  public void setText(INDArray states, boolean gradientNeeded) {
    text = share(states, gradientNeeded);
  }

  /** The text's states. */
  public Shared text() {
    return Objects.requireNonNull(text, "the states of a text");
  }

  /** Sets the activated embedding of the time step, [batch, width]. */
  public void setTime(INDArray embedding, boolean gradientNeeded) {
    time = share(embedding, gradientNeeded);
  }

  /** The activated embedding of the time step. */
  public Shared time() {
    return Objects.requireNonNull(time, "the embedding of the time step");
  }

  /** Keeps a result for a stage on the way up. */
  public Shared keep(INDArray result, boolean gradientNeeded) {
    Shared kept = share(result, gradientNeeded);
    open.push(kept);
    return kept;
  }

  /** Takes the result that was kept last. */
  public Shared take() {
    return open.pop();
  }

  /** The result that will be taken next; null if none is left. */
  public @Nullable Shared next() {
    return open.peek();
  }
}
