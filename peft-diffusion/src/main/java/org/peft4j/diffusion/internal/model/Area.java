package org.peft4j.diffusion.internal.model;

import org.nd4j.linalg.api.ndarray.INDArray;

/** The pictures of a batch and their pixels. */
public record Area(long batch, long height, long width) {
  /** Of pictures [batch, height, width, channels]. */
  public static Area of(INDArray pictures) {
    return new Area(pictures.size(0), pictures.size(1), pictures.size(2));
  }

  /** The number of pixels in a picture. */
  public long pixels() {
    return height * width;
  }

  /** The number of pixels in all pictures. */
  public long rows() {
    return batch * pixels();
  }

  /** The shape of pictures with that number of channels. */
  public long[] shape(long channels) {
    return new long[] {batch, height, width, channels};
  }

  /** Pictures as rows [batch·height·width, channels]. */
  public static INDArray rows(INDArray pictures) {
    return pictures.reshape('c', true, pictures.length() / pictures.size(3), pictures.size(3));
  }
}
