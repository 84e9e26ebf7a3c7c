/** LoRA and DoRA that begin as a part of the frozen weight: PiSSA and OLoRA. */
@NullMarked
package org.peft4j.lora.internal.start;

import org.jspecify.annotations.NullMarked;
