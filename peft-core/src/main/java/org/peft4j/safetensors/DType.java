package org.peft4j.safetensors;

import static org.peft4j.internal.Quoted.quoted;

import java.util.Arrays;
import org.peft4j.error.PeftException;

/**
 * An element type. Constant names are the names in the file. Their order is that of the reference
 * implementation, whose serializer sorts tensors by it (largest first, which aligns every tensor to
 * its element size).
 */
public enum DType {
  BOOL(1, Kind.INTEGER),
  U8(1, Kind.INTEGER),
  I8(1, Kind.INTEGER),
  I16(2, Kind.INTEGER),
  U16(2, Kind.INTEGER),
  F16(2, Kind.FLOATING),
  BF16(2, Kind.FLOATING),
  I32(4, Kind.INTEGER),
  U32(4, Kind.INTEGER),
  F32(4, Kind.FLOATING),
  F64(8, Kind.FLOATING),
  I64(8, Kind.INTEGER),
  U64(8, Kind.INTEGER);

  private enum Kind {
    INTEGER,
    FLOATING
  }

  private final int bytes;
  private final Kind kind;

  DType(int bytes, Kind kind) {
    this.bytes = bytes;
    this.kind = kind;
  }

  /** The size of one element in bytes. */
  public int bytes() {
    return bytes;
  }

  /** Whether elements are floating-point numbers; the others are integers or truth values. */
  public boolean isFloating() {
    return kind == Kind.FLOATING;
  }

  /**
   * Returns the type with this exact name.
   *
   * @throws PeftException if there is none; lists the supported types
   */
  public static DType named(String name) {
    for (DType dtype : values()) {
      if (dtype.name().equals(name)) {
        return dtype;
      }
    }
    throw new PeftException(
        "dtype "
            + quoted(name)
            + " is not supported; supported are "
            + Arrays.toString(values())
            + ".");
  }
}
