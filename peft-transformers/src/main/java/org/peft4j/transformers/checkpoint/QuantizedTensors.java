package org.peft4j.transformers.checkpoint;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.internal.quantized.FourBitWeight;
import org.peft4j.internal.quantized.QuantizedWeight;
import org.peft4j.internal.quantized.RowWeight;
import org.peft4j.internal.quantized.stored.BitsAndBytesForm;
import org.peft4j.quantization.RowQuantization.Inputs;
import org.peft4j.transformers.internal.family.QuantizationFields;

/**
 * The weights of a checkpoint that are written in fewer bits, in bitsandbytes' form, and what
 * {@code quantization_config} says of them.
 */
final class QuantizedTensors {
  private static final double THRESHOLD = 6;

  private final TreeSet<String> plain = new TreeSet<>();
  private @Nullable QuantizedWeight first;

  /** Notes a linear map whose weight is written as numbers. */
  void skip(String module) {
    plain.add(module);
  }

  /**
   * The tensors of a weight.
   *
   * @throws org.peft4j.error.PeftException if it has no written form
   */
  List<CheckpointTensor> add(String name, QuantizedWeight weight) {
    List<CheckpointTensor> tensors = new ArrayList<>();
    BitsAndBytesForm.of(name, weight)
        .forEach(
            part ->
                tensors.add(
                    new CheckpointTensor(
                        part.name(),
                        part.dtype(),
                        part.shape(),
                        (sink, key) -> sink.writeBytes(key, part.bytes().duplicate()))));
    first = weight;
    return tensors;
  }

  /** {@code quantization_config}; empty if no weight is in fewer bits. */
  Optional<ObjectNode> config() {
    if (first == null) {
      return Optional.empty();
    }
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("quant_method", "bitsandbytes");
    boolean four = first instanceof FourBitWeight;
    json.put("load_in_4bit", four).put("load_in_8bit", !four);
    json.put("_load_in_4bit", four).put("_load_in_8bit", !four);
    json.put("bnb_4bit_quant_storage", "uint8");
    json.put("bnb_4bit_compute_dtype", first.type() == DataType.BFLOAT16 ? "bfloat16" : "float32");
    if (first instanceof FourBitWeight weight) {
      json.put("bnb_4bit_quant_type", weight.quantization().format().id());
      json.put("bnb_4bit_use_double_quant", weight.quantization().doubleQuantization());
    }
    ArrayNode skipped = json.putArray("llm_int8_skip_modules");
    plain.forEach(skipped::add);
    json.put("llm_int8_enable_fp32_cpu_offload", false).put("llm_int8_has_fp16_weight", false);
    json.put(
        "llm_int8_threshold",
        first instanceof RowWeight rows ? rows.quantization().threshold() : THRESHOLD);
    if (first instanceof RowWeight rows && rows.quantization().inputs() == Inputs.AS_THEY_ARE) {
      json.put(QuantizationFields.INPUTS, QuantizationFields.AS_THEY_ARE);
    }
    return Optional.of(json);
  }
}
