/** Losses of one's own on the head of a language model. */
@NullMarked
package org.peft4j.transformers.loss;

import org.jspecify.annotations.NullMarked;
