/** LoRA+: learning rates of A and B apart. */
@NullMarked
package org.peft4j.lora.plus;

import org.jspecify.annotations.NullMarked;
