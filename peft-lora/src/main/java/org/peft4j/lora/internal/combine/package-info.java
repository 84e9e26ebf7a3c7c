/** Weighted sums of LoRA adapters. */
@NullMarked
package org.peft4j.lora.internal.combine;

import org.jspecify.annotations.NullMarked;
