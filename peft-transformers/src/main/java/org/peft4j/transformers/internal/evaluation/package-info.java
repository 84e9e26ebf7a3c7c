/** From predictions, and what is right, to scores. */
@NullMarked
package org.peft4j.transformers.internal.evaluation;

import org.jspecify.annotations.NullMarked;
