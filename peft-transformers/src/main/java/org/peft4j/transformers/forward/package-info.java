/** One pass of a batch through a model, its results in a file: how implementations are compared. */
@NullMarked
package org.peft4j.transformers.forward;

import org.jspecify.annotations.NullMarked;
