package org.peft4j.quantization;

import java.util.List;

/**
 * How the linear weights of a model's blocks are held in fewer bits. They are made tensor by tensor
 * while a checkpoint is read; embeddings, norms, biases and the head stay as they are.
 */
public sealed interface Quantization permits BlockQuantization, RowQuantization, GroupQuantization {

  /** NF4 in blocks of 64 with factors in FP32; nothing but the head is skipped. */
  static BlockQuantization nf4() {
    return BlockQuantization.of(QuantizedFormat.NF4);
  }

  /** FP4 in blocks of 64 with factors in FP32; nothing but the head is skipped. */
  static BlockQuantization fp4() {
    return BlockQuantization.of(QuantizedFormat.FP4);
  }

  /** 8 bits with a factor for each row, inputs as they are; nothing but the head is skipped. */
  static RowQuantization int8() {
    return RowQuantization.ofWeights();
  }

  /** LLM.int8(): inputs are rounded too, but for columns with a number of 6 or more. */
  static RowQuantization llmInt8() {
    return int8().withInputs(RowQuantization.Inputs.ROUNDED);
  }

  /** 4 bits with a scale and a zero point for each 64 inputs; nothing but the head is skipped. */
  static GroupQuantization int4() {
    return GroupQuantization.ofBits(4);
  }

  /** Its name in options: {@code nf4}. */
  String id();

  /** Names of modules that stay as they are: one name, or several with dots, at a path's end. */
  List<String> skipModules();

  /** This one with other modules that stay as they are. */
  Quantization withSkipModules(List<String> value);

  /** The bytes of a matrix W of {@code [out, in]}. */
  long bytes(long out, long in);

  /** Whether the module with that path stays as it is. */
  default boolean skips(String path) {
    return skipModules().stream().anyMatch(name -> path.equals(name) || path.endsWith("." + name));
  }
}
