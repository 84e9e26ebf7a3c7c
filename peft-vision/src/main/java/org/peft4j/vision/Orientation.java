package org.peft4j.vision;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a picture lies, 1 to 8 as in EXIF: tag 0x0112 of the first directory of EXIF's TIFF
 * structure, or {@code tiff:Orientation} of XMP where EXIF has none. What makes no sense counts as
 * 1, upright.
 */
final class Orientation {
  static final int UPRIGHT = 1;

  private static final int TAG = 0x0112;
  private static final int ENTRY = 12;
  private static final int BYTE = 1;
  private static final int SHORT = 3;
  private static final int LONG = 4;
  private static final Pattern XMP = Pattern.compile("tiff:Orientation(=\"|>)([0-9])");

  private Orientation() {}

  /** The orientation in EXIF data, a TIFF structure; empty if it has none. */
  static Optional<Integer> inExif(byte[] tiff) {
    if (tiff.length < 8) {
      return Optional.empty();
    }
    boolean little = tiff[0] == 'I' && tiff[1] == 'I';
    if (!little && !(tiff[0] == 'M' && tiff[1] == 'M')) {
      return Optional.empty();
    }
    ByteBuffer data =
        ByteBuffer.wrap(tiff).order(little ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    int directory = data.getInt(4);
    if (data.getShort(2) != 42 || directory < 8 || directory > tiff.length - 2) {
      return Optional.empty();
    }
    int entries = data.getShort(directory) & 0xffff;
    for (int i = 0; i < entries; i++) {
      int at = directory + 2 + i * ENTRY;
      if (at > tiff.length - ENTRY) {
        return Optional.empty();
      }
      if ((data.getShort(at) & 0xffff) == TAG) {
        return sane(value(data, at));
      }
    }
    return Optional.empty();
  }

  private static int value(ByteBuffer data, int at) {
    return switch (data.getShort(at + 2)) {
      case BYTE -> data.get(at + 8);
      case SHORT -> data.getShort(at + 8);
      case LONG -> data.getInt(at + 8);
      default -> UPRIGHT;
    };
  }

  /** The orientation in XMP data; empty if it has none. */
  static Optional<Integer> inXmp(byte[] xmp) {
    Matcher found = XMP.matcher(new String(xmp, StandardCharsets.ISO_8859_1));
    return found.find() ? sane(found.group(2).charAt(0) - '0') : Optional.empty();
  }

  private static Optional<Integer> sane(int value) {
    return Optional.of(value >= 1 && value <= 8 ? value : UPRIGHT);
  }
}
