package org.peft4j.vision;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32;
import org.peft4j.internal.Quoted;

/**
 * A PNG file: a signature, and chunks of a length, a kind, data and a checksum. All chunks must be
 * there, and those that the pixels depend on must have their checksum, before pixels are decoded.
 */
final class PngFile {
  private static final String SIGNATURE = "\u0089PNG\r\n\u001a\n";
  private static final int AROUND = 12; // Bytes of a chunk besides its data.
  private static final int HEADER = 13;

  /** How the uncompressed text of XMP begins: keyword, no compression, no language. */
  private static final String XMP = "XML:com.adobe.xmp\0\0\0";

  private final byte[] bytes;
  private final Problem problem;
  private int width;
  private int height;
  private int depth;
  private Optional<Integer> exif = Optional.empty();
  private Optional<Integer> xmp = Optional.empty();

  private PngFile(byte[] bytes, Problem problem) {
    this.bytes = bytes;
    this.problem = problem;
  }

  static boolean is(byte[] bytes) {
    return PictureFile.has(bytes, 0, SIGNATURE);
  }

  /** Reads the chunks but for the pixels. */
  static PngFile of(byte[] bytes, Problem problem) {
    PngFile file = new PngFile(bytes, problem);
    file.readChunks();
    return file;
  }

  private void readChunks() {
    ByteBuffer data = ByteBuffer.wrap(bytes);
    int at = SIGNATURE.length();
    boolean pixels = false;
    while (true) {
      if (at > bytes.length - AROUND) {
        throw problem.broken("it is cut off after " + bytes.length + " bytes");
      }
      int length = data.getInt(at);
      if (length < 0 || length > bytes.length - AROUND - at) {
        throw problem.broken("it is cut off after " + bytes.length + " bytes");
      }
      String kind = new String(bytes, at + 4, 4, StandardCharsets.ISO_8859_1);
      if (Character.isUpperCase(kind.charAt(0))) {
        requireChecksum(at, length, kind);
      }
      boolean first = at == SIGNATURE.length();
      if (first != kind.equals("IHDR")) {
        throw problem.broken("its header is not its first chunk");
      }
      if (first) {
        readHeader(data, at + 8, length);
      }
      switch (kind) {
        case "IDAT" -> pixels = true;
        case "eXIf" -> exif = Orientation.inExif(data(at, length));
        case "iTXt" -> {
          if (PictureFile.has(bytes, at + 8, XMP)) {
            xmp = Orientation.inXmp(data(at, length));
          }
        }
        case "IEND" -> {
          if (!pixels) {
            throw problem.broken("it has no pixels");
          }
          return;
        }
        default -> {}
      }
      at += AROUND + length;
    }
  }

  private byte[] data(int at, int length) {
    return Arrays.copyOfRange(bytes, at + 8, at + 8 + length);
  }

  private void requireChecksum(int at, int length, String kind) {
    CRC32 sum = new CRC32();
    sum.update(bytes, at + 4, length + 4);
    if ((int) sum.getValue() != ByteBuffer.wrap(bytes).getInt(at + 8 + length)) {
      throw problem.broken(
          "the checksum of its chunk " + Quoted.quoted(kind) + " at byte " + at + " is wrong");
    }
  }

  private void readHeader(ByteBuffer data, int at, int length) {
    if (length != HEADER) {
      throw problem.broken("its header has " + length + " bytes and not " + HEADER);
    }
    width = data.getInt(at);
    height = data.getInt(at + 4);
    depth = data.get(at + 8);
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
    return Decoder.read("png", bytes, problem, reader -> rgb(reader.read(0)));
  }

  private Picture rgb(BufferedImage image) {
    if (image.getWidth() != width || image.getHeight() != height) {
      throw problem.broken("its pixels are not as many as its header says");
    }
    Raster raster = image.getRaster();
    int bands = raster.getNumBands();
    byte[] rgb = new byte[width * height * 3];
    int[] row = new int[width * bands];
    for (int y = 0; y < height; y++) {
      raster.getPixels(0, y, width, 1, row);
      for (int x = 0; x < width; x++) {
        int to = (y * width + x) * 3;
        if (image.getColorModel() instanceof IndexColorModel palette) {
          int entry = palette.getRGB(row[x]);
          rgb[to] = (byte) (entry >> 16);
          rgb[to + 1] = (byte) (entry >> 8);
          rgb[to + 2] = (byte) entry;
        } else {
          for (int c = 0; c < 3; c++) {
            rgb[to + c] = value(row[x * bands + (bands < 3 ? 0 : c)], bands);
          }
        }
      }
    }
    return Picture.of(width, height, 3, rgb);
  }

  /** Pillow takes the upper byte of 16 bits, but for grey without alpha, which it cuts. */
  private byte value(int sample, int bands) {
    if (depth != 16) {
      return (byte) sample;
    }
    return (byte) (bands == 1 ? Math.min(255, sample) : sample >> 8);
  }
}
