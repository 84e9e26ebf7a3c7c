package org.peft4j.vision;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * The JDK's own decoders. Other plugins of ImageIO may be on the class path; which of them comes
 * first is chance, and a picture must not depend on it.
 */
final class Decoder {
  private static final String OWN = "java.desktop";

  private Decoder() {}

  /** What is read from a reader of ImageIO. */
  interface Reading<T> {
    T from(ImageReader reader) throws IOException;
  }

  /**
   * What {@code reading} gets from the bytes of a file.
   *
   * @throws org.peft4j.error.PeftException if the decoder fails
   */
  static <T> T read(String format, byte[] bytes, Problem problem, Reading<T> reading) {
    ImageReader reader = own(format);
    try (MemoryCacheImageInputStream stream =
        new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
      reader.setInput(stream, true, true);
      return reading.from(reader);
    } catch (IOException | RuntimeException e) { // Decoders throw both at broken data.
      throw problem.broken(e);
    } finally {
      reader.dispose();
    }
  }

  private static ImageReader own(String format) {
    Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(format);
    while (readers.hasNext()) {
      ImageReader reader = readers.next();
      if (OWN.equals(reader.getClass().getModule().getName())) {
        return reader;
      }
      reader.dispose();
    }
    throw new IllegalStateException("The JDK has no reader of " + format + ".");
  }
}
