/** The card of a trained adapter. */
@NullMarked
package org.peft4j.train.card;

import org.jspecify.annotations.NullMarked;
