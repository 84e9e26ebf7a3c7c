/** LoRA-FA: only B trains. */
@NullMarked
package org.peft4j.lora.fa;

import org.jspecify.annotations.NullMarked;
