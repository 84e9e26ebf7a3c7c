package org.peft4j.safetensors;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The bytes before the data: length, JSON, and spaces up to a multiple of 8. */
final class HeaderWriter {
  private static final int ALIGNMENT = 8;

  private HeaderWriter() {}

  static ByteBuffer encode(
      Path file, List<TensorInfo> layout, Map<String, String> metadata, SafetensorsLimits limits) {
    byte[] json = json(layout, metadata);
    int padding = Math.floorMod(-json.length, ALIGNMENT);
    int length = json.length + padding;
    if (length > limits.maxHeaderBytes()) {
      throw Limit.exceeded(
          file,
          "the header length",
          Integer.toString(length),
          limits.maxHeaderBytes(),
          "maxHeaderBytes");
    }
    ByteBuffer bytes =
        ByteBuffer.allocate(Long.BYTES + length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(length)
            .put(json);
    while (bytes.hasRemaining()) {
      bytes.put((byte) ' ');
    }
    return bytes.flip();
  }

  private static byte[] json(List<TensorInfo> layout, Map<String, String> metadata) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = new JsonFactory().createGenerator(bytes)) {
      json.writeStartObject();
      if (!metadata.isEmpty()) {
        json.writeObjectFieldStart(Names.METADATA);
        for (Map.Entry<String, String> entry : metadata.entrySet()) {
          json.writeStringField(entry.getKey(), entry.getValue());
        }
        json.writeEndObject();
      }
      for (TensorInfo tensor : layout) {
        writeTensor(json, tensor);
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new IllegalStateException("Memory can always be written", e);
    }
    return bytes.toByteArray();
  }

  private static void writeTensor(JsonGenerator json, TensorInfo tensor) throws IOException {
    json.writeObjectFieldStart(tensor.name());
    json.writeStringField("dtype", tensor.dtype().name());
    json.writeFieldName("shape");
    long[] shape = tensor.shape().stream().mapToLong(Long::longValue).toArray();
    json.writeArray(shape, 0, shape.length);
    json.writeFieldName("data_offsets");
    json.writeArray(new long[] {tensor.begin(), tensor.end()}, 0, 2);
    json.writeEndObject();
  }
}
