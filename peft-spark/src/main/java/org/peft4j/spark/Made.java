package org.peft4j.spark;

import java.io.Serializable;
import java.util.function.Supplier;

/**
 * How to make what itself cannot travel to other machines, such as a {@link
 * org.peft4j.transformers.generation.GenerationConfig}: {@code () -> GenerationConfig.greedy(20)}.
 */
@FunctionalInterface
public interface Made<T> extends Supplier<T>, Serializable {}
