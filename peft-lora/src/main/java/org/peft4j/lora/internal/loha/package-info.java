/** LoHa's adapters. */
@NullMarked
package org.peft4j.lora.internal.loha;

import org.jspecify.annotations.NullMarked;
