/** LoftQ's start on bases whose weights are in fewer bits already. */
@NullMarked
package org.peft4j.lora.loftq;

import org.jspecify.annotations.NullMarked;
