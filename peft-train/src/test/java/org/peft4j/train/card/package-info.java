/** Tests of the card of an adapter. */
@NullMarked
package org.peft4j.train.card;

import org.jspecify.annotations.NullMarked;
