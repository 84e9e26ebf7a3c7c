package org.peft4j.testing;

import java.nio.file.Path;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.safetensors.DType;
import org.peft4j.safetensors.SafetensorsWriter;

/** Writes safetensors files of a few small arrays. */
public final class SmallFile {
  private SmallFile() {}

  /** Writes arrays in single precision. */
  public static Path write(Path file, Map<String, INDArray> arrays) {
    SafetensorsWriter writer = SafetensorsWriter.to(file);
    arrays.forEach((name, array) -> writer.tensor(name, DType.F32, array.shape()));
    writer.write(
        sink -> {
          for (Map.Entry<String, INDArray> entry : arrays.entrySet()) {
            float[] values = entry.getValue().dup('c').ravel().toFloatVector();
            sink.writeFloats(entry.getKey(), values, 0, values.length);
          }
        });
    return file;
  }
}
