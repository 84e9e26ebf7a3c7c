/** LoKr's adapters and the factors of a Kronecker product. */
@NullMarked
package org.peft4j.lora.internal.lokr;

import org.jspecify.annotations.NullMarked;
