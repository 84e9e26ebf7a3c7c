package org.peft4j.train.data.picture;

import java.nio.file.Path;
import java.util.List;
import org.peft4j.vision.Picture;

/**
 * The values of several pictures, one after the other.
 *
 * @param shape {@code [pictures, channels, height, width]}
 */
record PixelRows(float[] values, long[] shape) {
  static PixelRows of(List<Path> files, PictureStore store) {
    float[] all = {};
    long[] shape = {};
    for (int i = 0; i < files.size(); i++) {
      Picture pixels = store.pixels(files.get(i));
      float[] values = store.processor().values(pixels);
      if (i == 0) {
        all = new float[Math.multiplyExact(values.length, files.size())];
        shape = new long[] {files.size(), pixels.channels(), pixels.height(), pixels.width()};
      }
      System.arraycopy(values, 0, all, i * values.length, values.length);
    }
    return new PixelRows(all, shape);
  }
}
