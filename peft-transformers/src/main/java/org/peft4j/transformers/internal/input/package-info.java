/**
 * Computes {@link org.peft4j.transformers.architecture.InputPart}: maps token ids to the first
 * hidden states.
 */
@NullMarked
package org.peft4j.transformers.internal.input;

import org.jspecify.annotations.NullMarked;
