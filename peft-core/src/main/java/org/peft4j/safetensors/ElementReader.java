package org.peft4j.safetensors;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;

/** Copies elements out of a {@link TensorSource}, converting them to float or long. */
final class ElementReader {

  /** Bytes per read. */
  private static final int PIECE = 1 << 18;

  private ElementReader() {}

  static void readFloats(
      TensorSource source,
      String name,
      long elementOffset,
      float[] target,
      int targetOffset,
      int count) {
    Objects.checkFromIndexSize(targetOffset, count, target.length);
    TensorInfo info = source.tensor(name);
    checkKind(source, info, true);
    forEachSlice(
        source,
        info,
        elementOffset,
        count,
        (bytes, done, size) ->
            decodeFloats(bytes, info.dtype(), target, targetOffset + done, size));
  }

  static void readLongs(
      TensorSource source,
      String name,
      long elementOffset,
      long[] target,
      int targetOffset,
      int count) {
    Objects.checkFromIndexSize(targetOffset, count, target.length);
    TensorInfo info = source.tensor(name);
    checkKind(source, info, false);
    forEachSlice(
        source,
        info,
        elementOffset,
        count,
        (bytes, done, size) -> {
          for (int i = 0; i < size; i++) {
            target[targetOffset + done + i] = decodeLong(source, bytes, info, i);
          }
        });
  }

  private interface SliceConsumer {
    void accept(ByteBuffer bytes, int elementsDone, int elements);
  }

  private static void forEachSlice(
      TensorSource source, TensorInfo info, long elementOffset, int count, SliceConsumer consumer) {
    checkRange(source, info, elementOffset, count);
    int width = info.dtype().bytes();
    int most = Math.min(count, PIECE / width);
    ByteBuffer bytes = ByteBuffer.allocate(most * width).order(ByteOrder.LITTLE_ENDIAN);
    for (int done = 0; done < count; done += most) {
      int size = Math.min(most, count - done);
      source.read(info.name(), (elementOffset + done) * width, bytes.clear().limit(size * width));
      consumer.accept(bytes.flip(), done, size);
    }
  }

  private static void decodeFloats(
      ByteBuffer bytes, DType dtype, float[] target, int at, int count) {
    switch (dtype) {
      case F32 -> bytes.asFloatBuffer().get(target, at, count);
      case F64 -> {
        for (int i = 0; i < count; i++) {
          target[at + i] = (float) bytes.getDouble(i * Double.BYTES);
        }
      }
      case F16 -> {
        for (int i = 0; i < count; i++) {
          target[at + i] = Half.toFloat(bytes.getShort(i * Short.BYTES));
        }
      }
      case BF16 -> {
        for (int i = 0; i < count; i++) {
          target[at + i] = BFloat16.toFloat(bytes.getShort(i * Short.BYTES));
        }
      }
      default -> throw new IllegalArgumentException(dtype + " is not a floating-point type");
    }
  }

  private static long decodeLong(TensorSource source, ByteBuffer bytes, TensorInfo info, int i) {
    return switch (info.dtype()) {
      case BOOL -> {
        int value = Byte.toUnsignedInt(bytes.get(i));
        yield checkElement(source, info, value, value <= 1, "0 or 1");
      }
      case I8 -> bytes.get(i);
      case U8 -> Byte.toUnsignedLong(bytes.get(i));
      case I16 -> bytes.getShort(i * Short.BYTES);
      case U16 -> Short.toUnsignedLong(bytes.getShort(i * Short.BYTES));
      case I32 -> bytes.getInt(i * Integer.BYTES);
      case U32 -> Integer.toUnsignedLong(bytes.getInt(i * Integer.BYTES));
      case I64 -> bytes.getLong(i * Long.BYTES);
      case U64 -> {
        long value = bytes.getLong(i * Long.BYTES);
        yield checkElement(source, info, value, value >= 0, "less than 2^63 to be read as a long");
      }
      default -> throw new IllegalArgumentException(info.dtype() + " is not an integer type");
    };
  }

  private static long checkElement(
      TensorSource source, TensorInfo info, long value, boolean allowed, String rule) {
    if (!allowed) {
      String text = Long.toUnsignedString(value);
      throw SafetensorsException.inTensor(
          source.path(),
          info.name(),
          "holds the " + info.dtype() + " " + text + ", which must be " + rule + ".");
    }
    return value;
  }

  private static void checkKind(TensorSource source, TensorInfo info, boolean floating) {
    if (info.dtype().isFloating() != floating) {
      throw SafetensorsException.inTensor(
          source.path(),
          info.name(),
          "is of type "
              + info.dtype()
              + "; use "
              + (floating ? "readLongs" : "readFloats")
              + " for it.");
    }
  }

  private static void checkRange(TensorSource source, TensorInfo info, long offset, int count) {
    if (offset < 0 || count > info.elementCount() - offset) {
      throw SafetensorsException.inTensor(
          source.path(),
          info.name(),
          "has "
              + info.elementCount()
              + " elements; "
              + count
              + " from "
              + offset
              + " on are not all there.");
    }
  }
}
