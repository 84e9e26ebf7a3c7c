package org.peft4j.internal.files;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;
import org.peft4j.internal.Finite;
import org.peft4j.memory.Scratch;
import org.peft4j.safetensors.DType;
import org.peft4j.safetensors.SafetensorsWriter;
import org.peft4j.safetensors.TensorSink;
import org.peft4j.safetensors.TensorSource;

/** Writes and reads arrays in safetensors files, chunk by chunk. */
public final class TensorFile {
  private static final int CHUNK = 1 << 16;

  private TensorFile() {}

  /**
   * Writes arrays, DOUBLE ones as F64 and all others as F32.
   *
   * @throws PeftException if the file cannot be written; it is then as it was
   */
  public static void write(Path file, Map<String, INDArray> tensors, Map<String, String> metadata) {
    SafetensorsWriter writer = SafetensorsWriter.to(file);
    metadata.forEach(writer::metadata);
    tensors.forEach((name, array) -> writer.tensor(name, stored(array.dataType()), array.shape()));
    writer.write(
        sink -> {
          for (Map.Entry<String, INDArray> entry : tensors.entrySet()) {
            writeValues(sink, entry.getKey(), entry.getValue());
          }
        });
  }

  /** The type in a file of arrays of {@code type}. */
  static DType stored(DataType type) {
    return type == DataType.DOUBLE ? DType.F64 : DType.F32;
  }

  private static void writeValues(TensorSink sink, String name, INDArray array) throws IOException {
    if (array.length() == 0) {
      return;
    }
    INDArray ordered = array.dup('c');
    try {
      if (array.dataType() == DataType.DOUBLE) {
        sink.writeBytes(name, Doubles.bytes(ordered));
        return;
      }
      float[] chunk = new float[CHUNK];
      long count = ordered.length();
      for (long begin = 0; begin < count; begin += CHUNK) {
        int size = (int) Math.min(CHUNK, count - begin);
        for (int i = 0; i < size; i++) {
          chunk[i] = ordered.data().getFloat(begin + i);
        }
        sink.writeFloats(name, chunk, 0, size);
      }
    } finally {
      Scratch.release(ordered);
    }
  }

  /** Reads a floating tensor into {@code target}, which has its shape. */
  public static void read(TensorSource source, String name, INDArray target) {
    if (target.dataType() == DataType.DOUBLE && source.tensor(name).dtype() == DType.F64) {
      Doubles.read(source.buffer(name), target);
      return;
    }
    float[] values = new float[Math.toIntExact(target.length())];
    source.readFloats(name, 0, values, 0, values.length);
    INDArray read = Nd4j.createFromArray(values);
    target.assign(read.reshape('c', target.shape()));
    Scratch.release(read);
  }

  /** Whether a floating tensor has exactly the values of {@code array}. */
  static boolean equalValues(TensorSource source, String name, INDArray array) {
    INDArray read = Scratch.of(array.dataType(), array.shape());
    read(source, name, read);
    boolean equal = read.equalsWithEps(array, 0);
    Scratch.release(read);
    return equal;
  }

  /** Whether a floating tensor has the values of {@code array} but for rounding. */
  static boolean nearValues(TensorSource source, String name, INDArray array) {
    if (array.length() == 0) {
      return true;
    }
    INDArray read = Scratch.of(array.dataType(), array.shape());
    read(source, name, read);
    double scale = Math.max(1e-6, array.amaxNumber().doubleValue());
    boolean near = Finite.all(read) && read.subi(array).amaxNumber().doubleValue() <= 1e-4 * scale;
    Scratch.release(read);
    return near;
  }

  /**
   * Checks every value.
   *
   * @throws PeftException naming the first tensor that has an infinite or NaN value
   */
  static void requireFinite(Map<String, INDArray> tensors) {
    tensors.forEach(
        (name, array) -> {
          if (!Finite.all(array)) {
            throw new PeftException(
                name
                    + " has infinite or NaN values; it is not saved. The earlier file is"
                    + " unchanged.");
          }
        });
  }
}
