/** LoRA on token embeddings whose table is the output head's weight too. */
@NullMarked
package org.peft4j.lora.internal.tied;

import org.jspecify.annotations.NullMarked;
