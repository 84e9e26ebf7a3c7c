/**
 * What LoHa and LoKr have in common: their configs' fields, factors of a weight's change, and
 * dropout of its rows and of the whole.
 */
@NullMarked
package org.peft4j.lora.lycoris;

import org.jspecify.annotations.NullMarked;
