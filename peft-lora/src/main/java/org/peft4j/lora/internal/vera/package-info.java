/** VeRA's adapters and its random projections. */
@NullMarked
package org.peft4j.lora.internal.vera;

import org.jspecify.annotations.NullMarked;
