package org.peft4j.weight;

import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.kernel.Kernels;
import org.peft4j.memory.DetachedArrays;

/**
 * A weight that is an array of floating-point numbers, FP64 to BF16. Kernels take the array itself,
 * without a copy.
 */
public final class DenseWeight implements FrozenWeight {
  private final WeightView view;
  private final boolean ofVector;
  private volatile HeldArray held;

  private DenseWeight(INDArray array, WeightView view, boolean ofVector) {
    this.view = view;
    this.ofVector = ofVector;
    this.held = HeldArray.of(array, view);
  }

  /**
   * A weight that owns its array and never writes to it, because it may be a mapped file: a
   * replacement is another array.
   *
   * @param array in the checkpoint's shape
   */
  public static DenseWeight of(INDArray array, WeightView view) {
    return new DenseWeight(array, view, false);
  }

  /** Like {@link #of(INDArray, WeightView)} for an array that is W, or a vector. */
  public static DenseWeight of(INDArray array) {
    return of(array, WeightView.AS_STORED);
  }

  /**
   * A part of a network's parameter vector, which others own and also compute with: a replacement
   * overwrites it.
   *
   * @param array a view of the vector, in the network's shape
   */
  public static DenseWeight ofVector(INDArray array, WeightView view) {
    return new DenseWeight(array, view, true);
  }

  @Override
  public long[] storedShape() {
    return held.array().shape().clone(); // ND4J gives the array's own, which callers may change
  }

  @Override
  public WeightView view() {
    return view;
  }

  @Override
  public String format() {
    DataType type = held.array().dataType();
    return type == DataType.BFLOAT16 ? "BF16" : "FP" + 8 * type.width();
  }

  @Override
  public long bytes() {
    return count() * held.array().dataType().width();
  }

  @Override
  public void multiply(Kernels kernels, INDArray x, @Nullable INDArray bias, INDArray y) {
    HeldArray now = held;
    now.withMatrix(w -> kernels.affine(x, w, !now.transposed(), bias, y));
  }

  @Override
  public void multiplyTransposed(Kernels kernels, INDArray dy, double beta, INDArray dx) {
    HeldArray now = held;
    now.withMatrix(w -> kernels.matmul(dy, false, w, now.transposed(), 1, beta, dx));
  }

  @Override
  public void lookUp(Kernels kernels, int[] rows, INDArray y) {
    kernels.lookUp(view.of(held.array()), rows, y);
  }

  @Override
  public void read(long from, long to, INDArray part) {
    INDArray array = held.array();
    boolean whole = from == 0 && to == array.size(0);
    part.assign(whole ? array : array.get(range(from, to, array.rank())));
  }

  private static INDArrayIndex[] range(long from, long to, int rank) {
    INDArrayIndex[] indices = new INDArrayIndex[rank];
    Arrays.fill(indices, NDArrayIndex.all());
    indices[0] = NDArrayIndex.interval(from, to);
    return indices;
  }

  @Override
  public Optional<INDArray> array() {
    return Optional.of(held.array());
  }

  @Override
  public Replacement replace(INDArray values) {
    return ofVector ? new Overwritten(held.array(), view, values) : new Exchanged(values);
  }

  @Override
  public void close() {
    if (!ofVector && !held.array().wasClosed()) {
      held.array().close();
    }
  }

  /** Another array in place of the weight's own. */
  private final class Exchanged implements Replacement {
    private final HeldArray own = held;
    private final HeldArray values;

    Exchanged(INDArray values) {
      this.values = HeldArray.of(asStored(values), view);
      held = this.values;
    }

    /** The values themselves if they have the stored shape and type, otherwise a copy. */
    private INDArray asStored(INDArray given) {
      INDArray stored = view.stored(given, own.array().shape());
      if (HeldArray.isRowMajor(stored) && stored.dataType() == own.array().dataType()) {
        return stored;
      }
      INDArray copy = DetachedArrays.zeros(own.array().dataType(), stored.shape()).assign(stored);
      given.close();
      return copy;
    }

    @Override
    public void suspend() {
      held = own;
    }

    @Override
    public void resume() {
      held = values;
    }

    @Override
    public void keep() {
      resume();
      own.array().close();
    }

    @Override
    public void close() {
      suspend();
      if (!values.array().wasClosed()) {
        values.array().close();
      }
    }
  }
}
