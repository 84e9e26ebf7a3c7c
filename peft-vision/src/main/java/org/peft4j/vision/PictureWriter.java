package org.peft4j.vision;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.peft4j.error.PeftException;
import org.peft4j.internal.AtomicFile;

/** Writes pictures as PNG files. */
public final class PictureWriter {
  private PictureWriter() {}

  /**
   * Creates or replaces a PNG file.
   *
   * @throws PeftException if it cannot be written
   */
  public static void write(Path file, Picture picture) {
    ByteBuffer bytes = ByteBuffer.wrap(png(picture));
    AtomicFile.write(
        file,
        channel -> {
          while (bytes.hasRemaining()) {
            channel.write(bytes);
          }
        });
  }

  /** The bytes of a PNG file. */
  public static byte[] png(Picture picture) {
    BufferedImage image =
        new BufferedImage(
            picture.width(),
            picture.height(),
            picture.channels() == 3 ? BufferedImage.TYPE_INT_RGB : BufferedImage.TYPE_BYTE_GRAY);
    int[] samples = new int[picture.values().length];
    for (int i = 0; i < samples.length; i++) {
      samples[i] = picture.values()[i] & 0xff;
    }
    image.getRaster().setPixels(0, 0, picture.width(), picture.height(), samples);
    ImageWriter writer =
        ImageIO.getImageWriters(ImageTypeSpecifier.createFromRenderedImage(image), "png").next();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (MemoryCacheImageOutputStream stream = new MemoryCacheImageOutputStream(bytes)) {
      writer.setOutput(stream);
      writer.write(image);
    } catch (IOException e) {
      throw new PeftException("Cannot write a picture of " + picture + ": " + e, e);
    } finally {
      writer.dispose();
    }
    return bytes.toByteArray();
  }
}
