package org.peft4j.internal.files;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.EncodedAdapter;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.safetensors.DType;
import org.peft4j.safetensors.SafetensorsWriter;

/** The size of an adapter file, computed from names and shapes. */
public final class AdapterFileSize {
  private AdapterFileSize() {}

  /**
   * The bytes of {@code adapter_model.safetensors}, and of the file beside it where there is an
   * encoder.
   *
   * @param type the data type of the adapters
   */
  public static long of(List<Adapter> adapters, DataType type) {
    DType stored = TensorFile.stored(type);
    Map<String, List<Long>> weights = new LinkedHashMap<>();
    Map<String, List<Long>> encoders = new LinkedHashMap<>();
    for (Adapter adapter : adapters) {
      Map<String, List<Long>> own = new LinkedHashMap<>();
      for (ParameterSpec spec : adapter.parameters()) {
        own.put(adapter.key(spec), spec.shape());
      }
      weights.putAll(adapter.copyShapes());
      weights.putAll(adapter.constantShapes());
      if (adapter instanceof EncodedAdapter encoded) {
        weights.putAll(encoded.encodedShapes());
        encoders.putAll(own);
      } else {
        weights.putAll(own);
      }
    }
    long main = bytes(weights, stored, AdapterWriter.sampleMetadata(!encoders.isEmpty()));
    return encoders.isEmpty() ? main : main + bytes(encoders, stored, Map.of("format", "pt"));
  }

  private static long bytes(
      Map<String, List<Long>> shapes, DType type, Map<String, String> metadata) {
    SafetensorsWriter writer = SafetensorsWriter.to(Path.of(AdapterFiles.WEIGHTS));
    metadata.forEach(writer::metadata);
    shapes.forEach(
        (key, shape) ->
            writer.tensor(key, type, shape.stream().mapToLong(Long::longValue).toArray()));
    return writer.byteCount();
  }
}
