/** Weighted sums of adapters of LoRA. */
@NullMarked
package org.peft4j.lora.combine;

import org.jspecify.annotations.NullMarked;
