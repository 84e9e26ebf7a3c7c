/** Frozen weights of a checkpoint, outside of Deeplearning4j's parameter vectors. */
@NullMarked
package org.peft4j.transformers.weights;

import org.jspecify.annotations.NullMarked;
