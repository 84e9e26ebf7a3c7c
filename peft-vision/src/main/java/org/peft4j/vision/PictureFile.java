package org.peft4j.vision;

import org.peft4j.error.PeftException;
import org.peft4j.internal.WrongContent;

/** Tells formats apart by their first bytes, and reads those that are supported. */
final class PictureFile {
  private PictureFile() {}

  /**
   * The picture of a file, as its orientation says.
   *
   * @throws PeftException if it is too large, of another format or broken
   */
  static Picture read(byte[] bytes, String name, PictureLimits limits) {
    Problem problem = new Problem(name);
    if (PngFile.is(bytes)) {
      PngFile file = PngFile.of(bytes, problem);
      problem.requireSize(file.width(), file.height(), limits);
      return Turned.of(file.decode(), file.orientation());
    }
    if (JpegFile.is(bytes)) {
      JpegFile file = JpegFile.of(bytes, problem);
      problem.requireSize(file.width(), file.height(), limits);
      return Turned.of(file.decode(), file.orientation());
    }
    throw new PeftException(
        "%s is not a picture that can be read%s; allowed: JPEG and PNG. Convert it to one of these."
            .formatted(name, format(bytes)));
  }

  private static String format(byte[] bytes) {
    if (bytes.length == 0) {
      return ": it is empty";
    }
    if (has(bytes, 0, "RIFF") && has(bytes, 8, "WEBP")) {
      return ": it is WebP";
    }
    if (has(bytes, 0, "GIF8")) {
      return ": it is GIF";
    }
    if (has(bytes, 0, "BM")) {
      return ": it is BMP";
    }
    if (has(bytes, 0, "II*\0") || has(bytes, 0, "MM\0*")) {
      return ": it is TIFF";
    }
    if (has(bytes, 4, "ftyp")) {
      return ": it is HEIF, AVIF or a film";
    }
    return WrongContent.of(bytes).map(other -> ". " + other).orElse("");
  }

  static boolean has(byte[] bytes, int at, String text) {
    if (bytes.length < at + text.length()) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      if ((bytes[at + i] & 0xff) != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}
