/** Weights that a checkpoint holds in fewer bits: bitsandbytes, GPTQ and AWQ. */
@NullMarked
package org.peft4j.internal.quantized.stored;

import org.jspecify.annotations.NullMarked;
