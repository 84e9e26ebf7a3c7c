/**
 * The fields that the configs of LoHa and LoKr share: ranks, and dropout of rows of a weight's
 * change and of the whole.
 */
@NullMarked
package org.peft4j.lora.lycoris;

import org.jspecify.annotations.NullMarked;
