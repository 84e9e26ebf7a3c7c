package org.peft4j.train.data;

import java.util.Arrays;
import java.util.zip.CRC32;

/** A checksum of everything in some sequences, in their order. */
public final class SequenceChecksum {
  private final CRC32 crc = new CRC32();

  /** Adds a sequence. */
  public void add(TokenSequence sequence) {
    add(sequence.length());
    add(sequence.ids());
    add(sequence.mask());
    sequence.types().ifPresent(this::add);
    add(sequence.target().labels());
    for (float number : sequence.target().numbers()) {
      add(Float.floatToIntBits(number));
    }
    sequence.decoded().ifPresent(decoder -> add(decoder.ids()));
    sequence.decoded().ifPresent(decoder -> add(decoder.mask()));
    sequence.task().ifPresent(this::add);
  }

  private void add(int[] values) {
    Arrays.stream(values).forEach(this::add);
  }

  /** Adds a number. */
  public void add(int value) {
    for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
      crc.update(value >>> shift);
    }
  }

  /** The checksum so far. */
  public long value() {
    return crc.getValue();
  }
}
