package org.peft4j.files;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.adapter.Adapter;
import org.peft4j.safetensors.DType;
import org.peft4j.safetensors.SafetensorsWriter;

/** How large a file of adapters will be, which shapes and names alone tell. */
public final class AdapterFileSize {
  private AdapterFileSize() {}

  /**
   * The bytes of {@code adapter_model.safetensors}.
   *
   * @param type what the adapters are held in
   */
  public static long of(List<Adapter> adapters, DataType type) {
    SafetensorsWriter writer = SafetensorsWriter.to(Path.of(AdapterFiles.WEIGHTS));
    Map<String, String> metadata = AdapterFiles.metadata(new byte[0]);
    metadata.forEach(writer::metadata);
    DType stored = TensorFile.stored(type);
    for (Adapter adapter : adapters) {
      adapter
          .parameters()
          .forEach(
              spec -> writer.tensor(AdapterFiles.key(adapter, spec), stored, spec.shapeArray()));
    }
    return writer.byteCount();
  }
}
