package org.peft4j.transformers.architecture;

import java.util.OptionalDouble;

/**
 * The output layer: {@code logits = cap(W·h (+ b))}.
 *
 * @param linear its matrix and the name of its site
 * @param tied whether the matrix is the table of token embeddings
 * @param multiplier what hidden states are multiplied with before it
 * @param softCap c of {@code cap(z) = c·tanh(z/c)}
 */
public record HeadPart(
    LinearPart linear, boolean tied, double multiplier, OptionalDouble softCap) {}
