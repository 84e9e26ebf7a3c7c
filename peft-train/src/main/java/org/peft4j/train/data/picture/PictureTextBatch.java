package org.peft4j.train.data.picture;

import org.peft4j.train.data.Batch;
import org.peft4j.train.data.TokenBatch;

/**
 * Pictures side by side, with a text for each.
 *
 * @param pixels {@code [pictures, channels, height, width]}, one after the other
 * @param shape of these
 * @param texts a row for each picture
 */
public record PictureTextBatch(float[] pixels, long[] shape, TokenBatch texts) implements Batch {
  /** The number of pictures: what the speed of a training is counted in. */
  @Override
  public int tokens() {
    return texts.rows();
  }
}
