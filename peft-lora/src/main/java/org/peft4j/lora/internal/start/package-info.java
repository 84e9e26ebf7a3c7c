/** LoRA and DoRA that start as a part of the frozen weight: PiSSA and OLoRA. */
@NullMarked
package org.peft4j.lora.internal.start;

import org.jspecify.annotations.NullMarked;
