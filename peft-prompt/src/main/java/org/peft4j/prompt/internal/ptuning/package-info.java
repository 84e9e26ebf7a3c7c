/** The injector of P-tuning. */
@NullMarked
package org.peft4j.prompt.internal.ptuning;

import org.jspecify.annotations.NullMarked;
