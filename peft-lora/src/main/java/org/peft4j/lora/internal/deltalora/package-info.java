/** Delta-LoRA's adapters. */
@NullMarked
package org.peft4j.lora.internal.deltalora;

import org.jspecify.annotations.NullMarked;
