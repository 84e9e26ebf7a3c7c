/** DoRA: the norms of the rows of {@code W + s·B·A} train apart from their directions. */
@NullMarked
package org.peft4j.lora.internal.dora;

import org.jspecify.annotations.NullMarked;
