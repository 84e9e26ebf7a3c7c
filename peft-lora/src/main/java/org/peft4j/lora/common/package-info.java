/** What the configs of several methods of this module have in common. */
@NullMarked
package org.peft4j.lora.common;

import org.jspecify.annotations.NullMarked;
