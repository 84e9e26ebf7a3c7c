/**
 * Computes {@link org.peft4j.transformers.architecture.AttentionPart}: projections, prefix, cache
 * and scores.
 */
@NullMarked
package org.peft4j.transformers.internal.attention;

import org.jspecify.annotations.NullMarked;
