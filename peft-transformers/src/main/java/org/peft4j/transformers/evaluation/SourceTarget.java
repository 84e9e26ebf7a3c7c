package org.peft4j.transformers.evaluation;

/**
 * A text and what a model should make of it.
 *
 * @param source the text for the encoder
 * @param target what should be written
 */
public record SourceTarget(String source, String target) {}
