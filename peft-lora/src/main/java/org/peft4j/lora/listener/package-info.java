/** Listeners for a Deeplearning4j network that is trained with its own {@code fit}. */
@NullMarked
package org.peft4j.lora.listener;

import org.jspecify.annotations.NullMarked;
