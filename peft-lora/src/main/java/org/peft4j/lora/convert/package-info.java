/** Changes whole LoRA adapters: more ranks, or another form of the same function. */
@NullMarked
package org.peft4j.lora.convert;

import org.jspecify.annotations.NullMarked;
