/** How frozen weights are held in fewer bits: QLoRA's bases. */
@NullMarked
package org.peft4j.quantization;

import org.jspecify.annotations.NullMarked;
