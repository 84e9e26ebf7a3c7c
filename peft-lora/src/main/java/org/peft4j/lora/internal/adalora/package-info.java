/** AdaLoRA's adapters, and the allocation of their ranks. */
@NullMarked
package org.peft4j.lora.internal.adalora;

import org.jspecify.annotations.NullMarked;
