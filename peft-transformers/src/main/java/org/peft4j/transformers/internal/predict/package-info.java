/** From texts to what a model says of them: batches of texts, and what is read of the outputs. */
@NullMarked
package org.peft4j.transformers.internal.predict;

import org.jspecify.annotations.NullMarked;
