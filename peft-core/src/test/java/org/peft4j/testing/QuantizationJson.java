package org.peft4j.testing;

import com.fasterxml.jackson.databind.JsonNode;
import org.peft4j.quantization.BlockQuantization;
import org.peft4j.quantization.GroupQuantization;
import org.peft4j.quantization.Quantization;
import org.peft4j.quantization.QuantizedFormat;
import org.peft4j.quantization.RowQuantization;

/** How a golden case says that its base is in fewer bits. */
public final class QuantizationJson {
  private QuantizationJson() {}

  public static Quantization read(JsonNode json) {
    String format = json.required("format").asText();
    return switch (format) {
      case "int8" -> rows(json);
      case "groups" ->
          GroupQuantization.ofBits(json.required("bits").asInt())
              .withGroupSize(json.required("group_size").asInt())
              .withZeroPoints(json.required("zero_points").asBoolean());
      default ->
          BlockQuantization.of(QuantizedFormat.named(format))
              .withBlockSize(json.required("block_size").asInt())
              .withDoubleQuantization(json.required("double_quantization").asBoolean());
    };
  }

  private static RowQuantization rows(JsonNode json) {
    return json.has("threshold")
        ? Quantization.llmInt8().withThreshold(json.get("threshold").asDouble())
        : Quantization.int8();
  }
}
