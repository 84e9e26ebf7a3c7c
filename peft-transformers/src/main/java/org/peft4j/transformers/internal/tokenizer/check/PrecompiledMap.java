package org.peft4j.transformers.internal.tokenizer.check;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.BitSet;
import java.util.Deque;
import org.peft4j.error.PeftException;

/**
 * SentencePiece's {@code precompiled_charsmap}: the bytes of a trie, its units of 32 bits as a
 * double array, and the replacements, each ended by a zero byte. A walk through the trie starts at
 * unit 0; from a node, byte c leads to unit {@code node ^ c}, if that unit's label is c.
 */
final class PrecompiledMap {
  private static final int MAX_BYTES = 1 << 24;

  /** Characters of the longest and of the shortest replacement. */
  record Lengths(int shortest, int longest) {
    Lengths with(int length) {
      return new Lengths(Math.min(shortest, length), Math.max(longest, length));
    }
  }

  private final int[] units;
  private final byte[] replacements;
  private final String where;

  private PrecompiledMap(int[] units, byte[] replacements, String where) {
    this.units = units;
    this.replacements = replacements;
    this.where = where;
  }

  /**
   * Checks that every walk stays in the trie, and every replacement in the text.
   *
   * @return how long they are; a character that is not replaced counts as one
   */
  static Lengths lengths(String base64, String where) {
    return read(base64, where).lengths();
  }

  private static PrecompiledMap read(String base64, String where) {
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      throw new PeftException(where + " is not Base64: " + e.getMessage() + ".", e);
    }
    if (bytes.length < 8 || bytes.length > MAX_BYTES) {
      throw new PeftException(
          "%s has %,d bytes; allowed: 8 to %,d.".formatted(where, bytes.length, MAX_BYTES));
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int size = buffer.getInt();
    if (size < 4 || size % 4 != 0 || size > buffer.remaining()) {
      throw new PeftException(
          "%s has a trie of %,d bytes; allowed: a multiple of 4 up to the %,d that follow."
              .formatted(where, Integer.toUnsignedLong(size), buffer.remaining()));
    }
    int[] units = new int[size / 4];
    for (int i = 0; i < units.length; i++) {
      units[i] = buffer.getInt();
    }
    byte[] replacements = new byte[buffer.remaining()];
    buffer.get(replacements);
    return new PrecompiledMap(units, replacements, where);
  }

  private Lengths lengths() {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(replacements));
    } catch (CharacterCodingException e) {
      throw new PeftException(where + " has replacements that are not UTF-8.", e);
    }
    Lengths lengths = new Lengths(1, 1);
    BitSet seen = new BitSet(units.length);
    Deque<Integer> nodes = new ArrayDeque<>();
    nodes.add(offset(units[0]));
    while (!nodes.isEmpty()) {
      int node = nodes.remove();
      if (node < 0 || node >= units.length) {
        throw damaged("leads out of its trie of " + units.length + " units, to " + node);
      }
      if (seen.get(node)) {
        continue;
      }
      seen.set(node);
      for (int c = 1; c < 256; c++) {
        int next = node ^ c;
        if (next >= units.length) {
          throw damaged("ends in the middle of a node's block");
        }
        int unit = units[next];
        if ((unit & 0x800000ff) == c) {
          int target = next ^ offset(unit);
          nodes.add(target);
          if ((unit >> 8 & 1) == 1 && target >= 0 && target < units.length) {
            lengths = lengths.with(replacement(units[target] & Integer.MAX_VALUE));
          }
        }
      }
    }
    return lengths;
  }

  private static int offset(int unit) {
    return (unit >>> 10) << ((unit & 1 << 9) >> 6);
  }

  /** The characters of the replacement that begins at a byte. */
  private int replacement(int begin) {
    if (begin > replacements.length
        || begin < replacements.length && (replacements[begin] & 0xc0) == 0x80) {
      throw damaged("has a replacement at " + begin + ", which is no place in its text");
    }
    int characters = 0;
    for (int i = begin; i < replacements.length && replacements[i] != 0; i++) {
      characters += (replacements[i] & 0xc0) == 0x80 ? 0 : 1;
    }
    return characters;
  }

  private PeftException damaged(String what) {
    return new PeftException(where + " " + what + ". The file is damaged.");
  }
}
