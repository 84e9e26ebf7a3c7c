package org.peft4j.internal.torch;

import static org.peft4j.internal.Quoted.quoted;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.peft4j.error.PeftException;

/** The bytes of a pickle, read from front to back; every read is within them. */
final class PickleBytes {
  private static final int MAX_TEXT = 1 << 16;
  private static final int MAX_LINE = 256;

  private final Path file;
  private final ByteBuffer bytes;

  PickleBytes(Path file, byte[] bytes) {
    this.file = file;
    this.bytes = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The number of bytes that were read. */
  int position() {
    return bytes.position();
  }

  /** The next byte, 0 to 255. */
  int next() {
    require(1);
    return Byte.toUnsignedInt(bytes.get());
  }

  /** Two bytes, unsigned. */
  int nextShort() {
    require(2);
    return Short.toUnsignedInt(bytes.getShort());
  }

  /** Four bytes, signed. */
  int nextInt() {
    require(4);
    return bytes.getInt();
  }

  /** A whole number of up to 255 bytes, the lowest first. */
  BigInteger nextNumber(int length) {
    require(length);
    byte[] highestFirst = new byte[length];
    for (int i = length - 1; i >= 0; i--) {
      highestFirst[i] = bytes.get();
    }
    return length == 0 ? BigInteger.ZERO : new BigInteger(highestFirst);
  }

  /** A text of that many bytes. */
  String nextText(int length) {
    if (length < 0 || length > MAX_TEXT) {
      throw problem(
          "a text of " + Integer.toUnsignedString(length) + " bytes; allowed: " + MAX_TEXT);
    }
    require(length);
    ByteBuffer part = bytes.slice(bytes.position(), length);
    bytes.position(bytes.position() + length);
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .decode(part)
          .toString();
    } catch (CharacterCodingException e) {
      throw problem("a text that is not UTF-8");
    }
  }

  /** ASCII up to the end of a line. */
  String nextLine() {
    StringBuilder line = new StringBuilder();
    for (int c = next(); c != '\n'; c = next()) {
      if (c < ' ' || c > '~' || line.length() == MAX_LINE) {
        throw problem("a name that begins with " + quoted(line.toString()) + " and does not end");
      }
      line.append((char) c);
    }
    return line.toString();
  }

  private void require(int count) {
    if (bytes.remaining() < count) {
      throw problem("an end in the middle of an instruction, or more than is read");
    }
  }

  /** The error of what is found here. */
  PeftException problem(String found) {
    return new PeftException(
        file
            + ": byte "
            + bytes.position()
            + " of the pickle: "
            + found
            + ". PEFT4J reads state dicts as torch.save writes them, and nothing else of a pickle."
            + " Convert the file in Python: load it with torch.load(…, weights_only=True) and save"
            + " its tensors with safetensors.torch.save_file.");
  }
}
