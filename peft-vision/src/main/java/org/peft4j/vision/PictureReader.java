package org.peft4j.vision;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.peft4j.error.PeftException;

/**
 * Reads JPEG and PNG files as transformers' {@code load_image} does: turned as their EXIF or XMP
 * orientation says, and in red, green and blue. Alpha is dropped, grey is spread over the channels,
 * a palette is looked up, of 16 bits the upper 8 count, and CMYK follows Adobe's convention. Grey
 * of 16 bits is cut at 255, as Pillow cuts it: convert such pictures to 8 bits first.
 *
 * <p>The size in the header is compared with the limits before anything is decoded. A file that is
 * cut off or has a wrong checksum is refused. The decoders are the JDK's own, whatever other
 * plugins of ImageIO are on the class path; colours of JPEG are converted here, as libjpeg does.
 */
public final class PictureReader {
  private final PictureLimits limits;

  /** A reader with {@link PictureLimits#STANDARD}. */
  public PictureReader() {
    this(PictureLimits.STANDARD);
  }

  public PictureReader(PictureLimits limits) {
    this.limits = limits;
  }

  /**
   * The picture in a file, in red, green and blue.
   *
   * @throws PeftException if there is none, it is larger than the limits, of another format or
   *     broken; the message names the file
   */
  public Picture read(Path file) {
    return read(bytes(file), file.toString());
  }

  /**
   * The picture in these bytes of a file.
   *
   * @param name of the file, for messages
   * @throws PeftException as {@link #read(Path)} does
   */
  public Picture read(byte[] bytes, String name) {
    if (bytes.length > limits.maxBytes()) {
      throw tooLarge(name, Integer.toString(bytes.length));
    }
    return PictureFile.read(bytes, name, limits);
  }

  private byte[] bytes(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new PeftException(
          Files.exists(file)
              ? file + " is not a regular file; a picture is a JPEG or PNG file."
              : "There is no picture " + file + ".");
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes((int) limits.maxBytes());
      if (in.read() >= 0) {
        throw tooLarge(file.toString(), Long.toString(Files.size(file)));
      }
      return bytes;
    } catch (IOException e) {
      throw new PeftException("Cannot read the picture " + file + ": " + e, e);
    }
  }

  private PeftException tooLarge(String name, String bytes) {
    return new PeftException(
        "The picture %s has %s bytes; allowed: up to %d (PictureLimits.maxBytes)."
            .formatted(name, bytes, limits.maxBytes()));
  }
}
