/** Computes {@link org.peft4j.transformers.architecture.FeedForwardPart}, plain or gated. */
@NullMarked
package org.peft4j.transformers.internal.feedforward;

import org.jspecify.annotations.NullMarked;
