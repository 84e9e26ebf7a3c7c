/** The injector of LoRA and DoRA. */
@NullMarked
package org.peft4j.lora.internal;

import org.jspecify.annotations.NullMarked;
