/** Batches as the arrays of a pass through a graph. */
@NullMarked
package org.peft4j.train.internal.batch;

import org.jspecify.annotations.NullMarked;
