/** Runs one pass of a batch through a model and writes the results, to compare implementations. */
@NullMarked
package org.peft4j.transformers.forward;

import org.jspecify.annotations.NullMarked;
