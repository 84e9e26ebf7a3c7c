package org.peft4j.train.data.picture;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.peft4j.vision.ImageProcessor;
import org.peft4j.vision.Picture;
import org.peft4j.vision.PictureReader;

/**
 * Pictures as a model's processor resizes and crops them. As many are kept as fit into a number of
 * bytes, one for each value; the others are read again when they are needed.
 */
final class PictureStore {
  private static final long KEPT_BYTES = 1L << 28;

  private final PictureReader reader = new PictureReader();
  private final ImageProcessor processor;
  private final Map<Path, Picture> kept = new ConcurrentHashMap<>();
  private long bytes;

  PictureStore(ImageProcessor processor) {
    this.processor = processor;
  }

  /**
   * A picture, resized and cropped.
   *
   * @throws org.peft4j.error.PeftException if it cannot be read
   */
  Picture pixels(Path file) {
    Picture known = kept.get(file);
    if (known != null) {
      return known;
    }
    Picture pixels = processor.pixels(reader.read(file));
    keep(file, pixels);
    return pixels;
  }

  private synchronized void keep(Path file, Picture pixels) {
    if (bytes + pixels.values().length <= KEPT_BYTES && kept.putIfAbsent(file, pixels) == null) {
      bytes += pixels.values().length;
    }
  }

  ImageProcessor processor() {
    return processor;
  }
}
