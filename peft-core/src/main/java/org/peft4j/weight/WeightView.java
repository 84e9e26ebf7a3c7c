package org.peft4j.weight;

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
  };

  /** An array in the checkpoint's shape as W: itself or a view. */
  public abstract INDArray of(INDArray stored);

  /** The reverse of {@link #of}: W as an array of the checkpoint's shape, itself or a view. */
  public abstract INDArray stored(INDArray weight, long... storedShape);

  /** The shape of W, given the checkpoint's. */
  public abstract long[] shape(long... storedShape);
}
