/**
 * Computes {@link org.peft4j.transformers.architecture.BlockPart}: residual sub-layers around
 * attention and feed-forward parts.
 */
@NullMarked
package org.peft4j.transformers.internal.block;

import org.jspecify.annotations.NullMarked;
