/**
 * Llama and the decoders built like it: a gated feed-forward part, root mean square norms, rotary
 * positions.
 */
@NullMarked
package org.peft4j.transformers.internal.family.gated;

import org.jspecify.annotations.NullMarked;
