/** Weights in 4 bits: codes, factors of blocks, and the weight that computes with them. */
@NullMarked
package org.peft4j.internal.quantized;

import org.jspecify.annotations.NullMarked;
