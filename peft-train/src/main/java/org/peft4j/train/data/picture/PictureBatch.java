package org.peft4j.train.data.picture;

import java.util.List;
import org.peft4j.train.data.Batch;

/**
 * Pictures side by side.
 *
 * @param pixels {@code [pictures, channels, height, width]}, one after the other
 * @param shape of these
 * @param labels one for each picture
 */
public record PictureBatch(float[] pixels, long[] shape, List<LabelValue> labels) implements Batch {
  public PictureBatch {
    labels = List.copyOf(labels);
  }

  /** The number of pictures: what the speed of a training is counted in. */
  @Override
  public int tokens() {
    return labels.size();
  }
}
