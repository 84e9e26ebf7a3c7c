package org.peft4j.weight;

import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * How to view an array in a checkpoint's shape as the formulas' weight W: [out, in] for a linear
 * map, [vocabulary, dim] for an embedding, [out, in, …kernel] for a convolution.
 */
public enum WeightView {
  /** The array is W, or a vector. */
  AS_STORED {
    @Override
    public INDArray of(INDArray stored) {
      return stored;
    }

    @Override
    public INDArray stored(INDArray weight, long... storedShape) {
      return weight;
    }

    @Override
    public long[] shape(long... storedShape) {
      return storedShape.clone();
    }
  },
  /** The array is Wᵀ, [in, out]. */
  TRANSPOSED {
    @Override
    public INDArray of(INDArray stored) {
      return stored.transpose();
    }

    @Override
    public INDArray stored(INDArray weight, long... storedShape) {
      return weight.transpose();
    }

    @Override
    public long[] shape(long... storedShape) {
      return new long[] {storedShape[1], storedShape[0]};
    }
  },
  /** The array is [heads, headSize, in], a projection of each head; W is [heads·headSize, in]. */
  HEADS_JOINED {
    @Override
    public INDArray of(INDArray stored) {
      return stored.reshape('c', true, shape(stored.shape()));
    }

    @Override
    public INDArray stored(INDArray weight, long... storedShape) {
      return weight.reshape('c', true, storedShape);
    }

    @Override
    public long[] shape(long... storedShape) {
      return new long[] {storedShape[0] * storedShape[1], storedShape[2]};
    }
  },
  /** The array is [in, out, …kernel], as of a transposed convolution. */
  INPUTS_FIRST {
    @Override
    public INDArray of(INDArray stored) {
      return stored.permute(axes(stored.rank()));
    }

    @Override
    public INDArray stored(INDArray weight, long... storedShape) {
      return weight.permute(axes(storedShape.length));
    }

    @Override
    public long[] shape(long... storedShape) {
      return LongStream.concat(
              LongStream.of(storedShape[1], storedShape[0]), LongStream.of(storedShape).skip(2))
          .toArray();
    }

    private static int[] axes(int rank) {
      return IntStream.concat(IntStream.of(1, 0), IntStream.range(2, rank)).toArray();
    }
  },
  /** The array is […kernel, out, in]. */
  KERNEL_FIRST {
    @Override
    public INDArray of(INDArray stored) {
      return stored.permute(turned(stored.rank(), -2));
    }

    @Override
    public INDArray stored(INDArray weight, long... storedShape) {
      return weight.permute(turned(storedShape.length, 2));
    }

    @Override
    public long[] shape(long... storedShape) {
      return IntStream.of(turned(storedShape.length, -2))
          .mapToLong(axis -> storedShape[axis])
          .toArray();
    }
  },
  /** The array is […kernel, in, out], as of SameDiff's and TensorFlow's convolutions. */
  KERNEL_INPUTS_FIRST {
    @Override
    public INDArray of(INDArray stored) {
      return stored.permute(axes(stored.rank()));
    }

    @Override
    public INDArray stored(INDArray weight, long... storedShape) {
      int rank = storedShape.length;
      int[] back = turned(rank, 2);
      back[rank - 2] = 1;
      back[rank - 1] = 0;
      return weight.permute(back);
    }

    @Override
    public long[] shape(long... storedShape) {
      return IntStream.of(axes(storedShape.length)).mapToLong(axis -> storedShape[axis]).toArray();
    }

    private static int[] axes(int rank) {
      int[] axes = turned(rank, -2);
      axes[0] = rank - 1;
      axes[1] = rank - 2;
      return axes;
    }
  },
  /** The array is [out, …kernel, in]. */
  INPUTS_LAST {
    @Override
    public INDArray of(INDArray stored) {
      return stored.permute(axes(stored.rank()));
    }

    @Override
    public INDArray stored(INDArray weight, long... storedShape) {
      int rank = storedShape.length;
      int[] back = IntStream.range(0, rank).map(axis -> axis == 0 ? 0 : axis + 1).toArray();
      back[rank - 1] = 1;
      return weight.permute(back);
    }

    @Override
    public long[] shape(long... storedShape) {
      return IntStream.of(axes(storedShape.length)).mapToLong(axis -> storedShape[axis]).toArray();
    }

    private static int[] axes(int rank) {
      return IntStream.range(0, rank)
          .map(axis -> axis == 0 ? 0 : axis == 1 ? rank - 1 : axis - 1)
          .toArray();
    }
  },
  /**
   * The array is [multiplier, in, …kernel]: kernels that see one channel each. W is [multiplier·in,
   * 1, …kernel].
   */
  DEPTHWISE {
    @Override
    public INDArray of(INDArray stored) {
      return stored.reshape('c', true, shape(stored.shape()));
    }

    @Override
    public INDArray stored(INDArray weight, long... storedShape) {
      return weight.reshape('c', true, storedShape);
    }

    @Override
    public long[] shape(long... storedShape) {
      return LongStream.concat(
              LongStream.of(storedShape[0] * storedShape[1], 1), LongStream.of(storedShape).skip(2))
          .toArray();
    }
  },
  /**
   * The array is [height, width, in, multiplier]: kernels that see one channel each. W is
   * [in·multiplier, 1, height, width].
   */
  DEPTHWISE_LAST {
    @Override
    public INDArray of(INDArray stored) {
      long[] shape = shape(stored.shape());
      return stored.reshape('c', true, shape[2], shape[3], shape[1], shape[0]).permute(3, 2, 0, 1);
    }

    @Override
    public INDArray stored(INDArray weight, long... storedShape) {
      return weight
          .reshape('c', true, storedShape[2], storedShape[3], storedShape[0], storedShape[1])
          .permute(turned(4, 2));
    }

    @Override
    public long[] shape(long... storedShape) {
      return new long[] {storedShape[2] * storedShape[3], 1, storedShape[0], storedShape[1]};
    }
  };

  /** The axes of a permutation that moves the first {@code by} axes to the end. */
  private static int[] turned(int rank, int by) {
    return IntStream.range(0, rank).map(axis -> Math.floorMod(axis + by, rank)).toArray();
  }

  /** Whether each index of the stored array's first dimension is one row of W, or several. */
  public boolean rowsFirst() {
    return this == AS_STORED || this == HEADS_JOINED || this == DEPTHWISE;
  }

  /** An array in the checkpoint's shape as W: itself or a view. */
  public abstract INDArray of(INDArray stored);

  /** The reverse of {@link #of}: W as an array of the checkpoint's shape, itself or a view. */
  public abstract INDArray stored(INDArray weight, long... storedShape);

  /** The shape of W, given the checkpoint's. */
  public abstract long[] shape(long... storedShape);
}
