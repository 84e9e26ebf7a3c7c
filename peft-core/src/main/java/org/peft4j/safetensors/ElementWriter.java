package org.peft4j.safetensors;

import java.nio.ByteBuffer;
import java.nio.file.Path;

/** Encodes elements as little-endian bytes of a tensor's type. */
final class ElementWriter {

  private ElementWriter() {}

  static void checkKind(Path file, TensorInfo tensor, boolean floating) {
    if (tensor.dtype().isFloating() != floating) {
      throw SafetensorsException.inTensor(
          file,
          tensor.name(),
          "is of type "
              + tensor.dtype()
              + "; use "
              + (floating ? "writeLongs" : "writeFloats")
              + " for it.");
    }
  }

  static void putFloat(ByteBuffer target, DType dtype, float value) {
    switch (dtype) {
      case F64 -> target.putDouble(value);
      case F32 -> target.putFloat(value);
      case F16 -> target.putShort(Half.fromFloat(value));
      case BF16 -> target.putShort(BFloat16.fromFloat(value));
      default -> throw new IllegalArgumentException(dtype + " is not a floating-point type");
    }
  }

  static void putLong(Path file, ByteBuffer target, TensorInfo tensor, long value) {
    DType dtype = tensor.dtype();
    if (value < smallest(dtype) || value > largest(dtype)) {
      throw SafetensorsException.inTensor(
          file,
          tensor.name(),
          "the value "
              + value
              + " is not within "
              + smallest(dtype)
              + " and "
              + largest(dtype)
              + ", the range of "
              + dtype
              + " here.");
    }
    switch (dtype.bytes()) {
      case 1 -> target.put((byte) value);
      case 2 -> target.putShort((short) value);
      case 4 -> target.putInt((int) value);
      default -> target.putLong(value);
    }
  }

  private static long smallest(DType dtype) {
    return switch (dtype) {
      case I8 -> Byte.MIN_VALUE;
      case I16 -> Short.MIN_VALUE;
      case I32 -> Integer.MIN_VALUE;
      case I64 -> Long.MIN_VALUE;
      default -> 0;
    };
  }

  private static long largest(DType dtype) {
    return switch (dtype) {
      case BOOL -> 1;
      case U8 -> 0xffL;
      case U16 -> 0xffffL;
      case U32 -> 0xffffffffL;
      case I8 -> Byte.MAX_VALUE;
      case I16 -> Short.MAX_VALUE;
      case I32 -> Integer.MAX_VALUE;
      default -> Long.MAX_VALUE;
    };
  }
}
