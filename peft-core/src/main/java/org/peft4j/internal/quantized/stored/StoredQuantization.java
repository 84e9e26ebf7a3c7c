package org.peft4j.internal.quantized.stored;

import org.peft4j.quantization.Quantization;

/**
 * How a checkpoint holds its linear weights in fewer bits.
 *
 * @param weights finds them
 * @param kind the quantisation that gives weights of these sizes
 */
public record StoredQuantization(StoredWeights weights, Quantization kind) {}
