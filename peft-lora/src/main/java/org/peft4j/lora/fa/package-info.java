/** LoRA-FA: A stays as it is. */
@NullMarked
package org.peft4j.lora.fa;

import org.jspecify.annotations.NullMarked;
