/** LoRA+: separate learning rates for A and B. */
@NullMarked
package org.peft4j.lora.plus;

import org.jspecify.annotations.NullMarked;
