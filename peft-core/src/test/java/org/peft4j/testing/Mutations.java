package org.peft4j.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Damaged copies of a sound file: bits and bytes changed, parts cut, repeated, or replaced by
 * tokens that files of this kind have. {@code mvn -Pfuzz verify} makes a million of them for each
 * test, or as many as {@code -Dfuzz.inputs} says.
 */
public final class Mutations {
  /** What JSON is made of, and what its readers stumble over. */
  public static final List<String> JSON =
      List.of(
          "{",
          "}",
          "[",
          "]",
          ",",
          ":",
          "\"",
          "\\",
          "-",
          "0",
          "1e9",
          "1e999",
          "-1",
          "0.5",
          "null",
          "true",
          "[]",
          "{}",
          "\"\"",
          "2147483647",
          "4294967296",
          "9223372036854775807",
          "\\u0000",
          "\\ud800",
          "\0",
          "\u00ff",
          "[[[[[[[[[[");

  /** The slowest input may wait for the garbage collector or another process. */
  public static final Duration MAX_TIME = Duration.ofSeconds(5);

  private final Random random;
  private final List<byte[]> tokens;

  /**
   * Draws from a seed.
   *
   * @param tokens to insert: Latin-1, each of them a text
   */
  public Mutations(long seed, List<String> tokens) {
    this.random = new Random(seed);
    this.tokens =
        tokens.stream().map(token -> token.getBytes(StandardCharsets.ISO_8859_1)).toList();
  }

  /** How many inputs a test tries: {@code usual}, or what the profile says. */
  public static int inputs(int usual) {
    return Integer.getInteger("peft4j.fuzz.inputs", usual);
  }

  /**
   * Writes a file anew: one that is emptied and written again, Linux brings to the disk at once.
   */
  public static void write(Path file, byte[] bytes) throws IOException {
    Files.deleteIfExists(file);
    Files.write(file, bytes);
  }

  /** A number below {@code bound}, to choose a seed with. */
  public int below(int bound) {
    return random.nextInt(bound);
  }

  /** A copy with one to four changes. */
  public byte[] of(byte[] seed) {
    byte[] bytes = seed.clone();
    for (int i = random.nextInt(4); i >= 0; i--) {
      bytes = once(bytes);
    }
    return bytes;
  }

  private byte[] once(byte[] bytes) {
    if (bytes.length == 0) {
      return new byte[random.nextInt(16)];
    }
    int at = random.nextInt(bytes.length);
    return switch (random.nextInt(6)) {
      case 0 -> set(bytes, at, bytes[at] ^ 1 << random.nextInt(8));
      case 1 -> set(bytes, at, random.nextInt(256));
      case 2 -> set(bytes, random.nextInt(Math.min(8, bytes.length)), random.nextInt(256));
      case 3 -> Arrays.copyOf(bytes, at);
      case 4 ->
          splice(bytes, at, Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + 40)), 0);
      default -> {
        byte[] token = tokens.get(random.nextInt(tokens.size()));
        yield splice(bytes, at, token, random.nextBoolean() ? token.length : 0);
      }
    };
  }

  private static byte[] set(byte[] bytes, int at, int value) {
    bytes[at] = (byte) value;
    return bytes;
  }

  /** Inserts {@code part}, instead of {@code removed} bytes. */
  private static byte[] splice(byte[] bytes, int at, byte[] part, int removed) {
    int rest = Math.min(bytes.length, at + removed);
    byte[] result = Arrays.copyOf(bytes, at + part.length + bytes.length - rest);
    System.arraycopy(part, 0, result, at, part.length);
    System.arraycopy(bytes, rest, result, at + part.length, bytes.length - rest);
    return result;
  }

  /**
   * A copy of a JSON text in which one value, chosen at random, is another: closer to what a reader
   * accepts than changed bytes are.
   *
   * @param json a text
   */
  public String ofValues(String json) {
    int begin = valueAfter(json, random.nextInt(Math.max(1, json.length())));
    if (begin < 0) {
      return new String(of(json.getBytes(StandardCharsets.UTF_8)), StandardCharsets.UTF_8);
    }
    int end = begin;
    while (end < json.length() && ",}]\n".indexOf(json.charAt(end)) < 0) {
      end++;
    }
    String value = new String(tokens.get(random.nextInt(tokens.size())), StandardCharsets.UTF_8);
    return json.substring(0, begin) + value + json.substring(end);
  }

  private static int valueAfter(String json, int from) {
    int colon = json.indexOf(':', from);
    return colon < 0 ? -1 : colon + 1;
  }
}
