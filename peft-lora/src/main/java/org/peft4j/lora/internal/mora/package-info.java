/** MoRA's adapters and its map of inputs to a square matrix and back. */
@NullMarked
package org.peft4j.lora.internal.mora;

import org.jspecify.annotations.NullMarked;
