package org.peft4j.vision;

import java.awt.image.Raster;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;
import org.peft4j.error.PeftException;

/**
 * A JPEG file: segments that each begin with a marker, up to the first scan. They say how large the
 * picture is, what its components mean and how it lies.
 */
final class JpegFile {
  private static final int MOST_SCANS = 200; // Each of them goes over all pixels.
  private static final int START_OF_SCAN = 0xda;
  private static final int END = 0xd9;
  private static final int APP0 = 0xe0;
  private static final int APP1 = 0xe1;
  private static final int APP14 = 0xee;
  private static final String EXIF = "Exif\0\0";
  private static final String XMP = "http://ns.adobe.com/xap/1.0/\0";

  private final byte[] bytes;
  private final Problem problem;
  private int width;
  private int height;
  private int[] components = {};
  private boolean jfif;
  private OptionalInt adobe = OptionalInt.empty();
  private Optional<Integer> exif = Optional.empty();
  private Optional<Integer> xmp = Optional.empty();

  private JpegFile(byte[] bytes, Problem problem) {
    this.bytes = bytes;
    this.problem = problem;
  }

  static boolean is(byte[] bytes) {
    return PictureFile.has(bytes, 0, "\u00ff\u00d8\u00ff");
  }

  /** Reads the segments up to the first scan. */
  static JpegFile of(byte[] bytes, Problem problem) {
    JpegFile file = new JpegFile(bytes, problem);
    int scan = file.readSegments();
    file.requireEnd(scan);
    return file;
  }

  private int readSegments() {
    int at = 2;
    while (at < bytes.length - 4) {
      int marker = bytes[at + 1] & 0xff;
      if (bytes[at] != (byte) 0xff) {
        throw problem.broken("there is no segment at byte " + at);
      }
      if (marker == 0xff) { // Padding.
        at++;
        continue;
      }
      int length = unsigned(at + 2);
      if (length < 2 || length > bytes.length - at - 2) {
        break;
      }
      if (marker == START_OF_SCAN) {
        if (components.length == 0) {
          throw problem.broken("it has no size");
        }
        return at;
      }
      readSegment(marker, at + 4, length - 2);
      at += 2 + length;
    }
    throw cut();
  }

  private PeftException cut() {
    return problem.broken("it is cut off after " + bytes.length + " bytes");
  }

  private int unsigned(int at) {
    return (bytes[at] & 0xff) << 8 | bytes[at + 1] & 0xff;
  }

  private void readSegment(int marker, int at, int length) {
    if (marker == APP0 && PictureFile.has(bytes, at, "JFIF\0")) {
      jfif = true;
    } else if (marker == APP1 && PictureFile.has(bytes, at, EXIF) && length > EXIF.length()) {
      exif = exif.or(() -> Orientation.inExif(rest(at + EXIF.length(), at + length)));
    } else if (marker == APP1 && PictureFile.has(bytes, at, XMP) && length > XMP.length()) {
      xmp = xmp.or(() -> Orientation.inXmp(rest(at + XMP.length(), at + length)));
    } else if (marker == APP14 && length >= 12 && PictureFile.has(bytes, at, "Adobe")) {
      adobe = OptionalInt.of(bytes[at + 11] & 0xff);
    } else if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8) {
      if (marker != 0xcc) {
        readFrame(marker, at, length);
      }
    }
  }

  private byte[] rest(int from, int to) {
    return Arrays.copyOfRange(bytes, from, to);
  }

  private void readFrame(int marker, int at, int length) {
    if (marker > 0xc2) {
      throw problem.unsupported("it is lossless, hierarchical or coded arithmetically.");
    }
    if (length < 6 || length < 6 + 3 * (bytes[at + 5] & 0xff)) {
      throw problem.broken("its header is too short");
    }
    if (bytes[at] != 8) {
      throw problem.unsupported("its values have " + bytes[at] + " bits and not 8.");
    }
    if (components.length > 0) {
      throw problem.broken("it has two headers");
    }
    height = unsigned(at + 1);
    width = unsigned(at + 3);
    int count = bytes[at + 5] & 0xff;
    if (count != 1 && count != 3 && count != 4) {
      throw problem.unsupported("it has " + count + " components and not 1, 3 or 4.");
    }
    components = new int[count];
    for (int i = 0; i < count; i++) {
      components[i] = bytes[at + 6 + 3 * i] & 0xff;
    }
  }

  private void requireEnd(int scan) {
    int scans = 0;
    for (int at = scan; at < bytes.length - 1; at++) {
      if (bytes[at] == (byte) 0xff) {
        int marker = bytes[at + 1] & 0xff;
        if (marker == END) {
          return;
        }
        scans += marker == START_OF_SCAN ? 1 : 0;
        if (scans > MOST_SCANS) {
          throw problem.unsupported("it has more than " + MOST_SCANS + " scans.");
        }
      }
    }
    throw cut();
  }

  int width() {
    return width;
  }

  int height() {
    return height;
  }

  int orientation() {
    return exif.or(() -> xmp).orElse(Orientation.UPRIGHT);
  }

  Picture decode() {
    JpegColors colors = JpegColors.of(components, jfif, adobe);
    return Decoder.read("jpeg", bytes, problem, reader -> rgb(reader.readRaster(0, null), colors));
  }

  private Picture rgb(Raster raster, JpegColors colors) {
    int bands = raster.getNumBands();
    if (raster.getWidth() != width || raster.getHeight() != height || bands != components.length) {
      throw problem.broken("its pixels are not as its header says");
    }
    byte[] rgb = new byte[width * height * 3];
    int[] row = new int[width * bands];
    for (int y = 0; y < height; y++) {
      raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
      for (int x = 0; x < width; x++) {
        colors.convert(row, x * bands, rgb, (y * width + x) * 3);
      }
    }
    return Picture.of(width, height, 3, rgb);
  }
}
