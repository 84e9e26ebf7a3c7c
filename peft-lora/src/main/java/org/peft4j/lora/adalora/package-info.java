/** AdaLoRA: LoRA in the form of an SVD, which keeps ranks where they matter most. */
@NullMarked
package org.peft4j.lora.adalora;

import org.jspecify.annotations.NullMarked;
