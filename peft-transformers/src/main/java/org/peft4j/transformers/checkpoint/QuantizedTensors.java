package org.peft4j.transformers.checkpoint;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.AdapterScope;
import org.peft4j.internal.quantized.FourBitWeight;
import org.peft4j.internal.quantized.GroupWeight;
import org.peft4j.internal.quantized.QuantizedWeight;
import org.peft4j.internal.quantized.RowWeight;
import org.peft4j.internal.quantized.stored.BitsAndBytesForm;
import org.peft4j.internal.quantized.stored.IntegerGroups;
import org.peft4j.internal.quantized.stored.WrittenTensor;
import org.peft4j.quantization.RowQuantization.Inputs;
import org.peft4j.transformers.internal.family.QuantizationFields;

/**
 * The weights of a checkpoint that are written in fewer bits, in bitsandbytes' form or, for
 * integers by groups, in one of this library, and what {@code quantization_config} says of them.
 */
final class QuantizedTensors {
  private static final double THRESHOLD = 6;

  private final TreeSet<String> plain = new TreeSet<>();
  private @Nullable QuantizedWeight first;

  /** −1 for whole rows. */
  private int groupSize = -1;

  /** Notes a linear map whose weight is written as numbers. */
  void skip(String module) {
    plain.add(module);
  }

  /**
   * The tensors of a weight.
   *
   * @param merging a scope in which what moves is written
   */
  List<CheckpointTensor> add(String name, QuantizedWeight weight, Supplier<AdapterScope> merging) {
    List<WrittenTensor> parts =
        weight instanceof GroupWeight groups
            ? IntegerGroups.tensors(name, groups)
            : BitsAndBytesForm.of(name, weight);
    first = weight;
    if (weight instanceof GroupWeight groups && groups.groups().count() > 1) {
      groupSize = groups.groups().size();
    }
    return parts.stream().map(part -> tensor(part, merging)).toList();
  }

  private static CheckpointTensor tensor(WrittenTensor part, Supplier<AdapterScope> merging) {
    return new CheckpointTensor(
        part.name(),
        part.dtype(),
        part.shape(),
        (sink, key) -> {
          if (!key.endsWith(IntegerGroups.OFFSETS)) {
            sink.writeBytes(key, part.values().get());
            return;
          }
          try (AdapterScope scope = merging.get()) {
            sink.writeBytes(key, part.values().get());
          }
        });
  }

  /** {@code quantization_config}; empty if no weight is in fewer bits. */
  Optional<ObjectNode> config() {
    if (first == null) {
      return Optional.empty();
    }
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    if (first instanceof GroupWeight groups) {
      json.put("quant_method", QuantizationFields.GROUPS).put("bits", groups.bits());
      json.put("group_size", groupSize);
      plain.forEach(json.putArray(QuantizationFields.SKIPPED)::add);
      return Optional.of(json);
    }
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
