/** Factors of a change of weight, as LoHa and LoKr use them, and their dropout. */
@NullMarked
package org.peft4j.lora.internal.lycoris;

import org.jspecify.annotations.NullMarked;
