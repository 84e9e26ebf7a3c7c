/** Common parts of the configs of this module's methods. */
@NullMarked
package org.peft4j.lora.common;

import org.jspecify.annotations.NullMarked;
