/** LoRA at each kind of site: B·A beside a weight, or added to it. */
@NullMarked
package org.peft4j.lora.internal.lowrank;

import org.jspecify.annotations.NullMarked;
