/** Frozen weights of a checkpoint, outside Deeplearning4j's parameter vectors. */
@NullMarked
package org.peft4j.transformers.internal.weights;

import org.jspecify.annotations.NullMarked;
