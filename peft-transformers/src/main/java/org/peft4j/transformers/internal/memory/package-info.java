/** The memory that layers compute in, reused from step to step. */
@NullMarked
package org.peft4j.transformers.internal.memory;

import org.jspecify.annotations.NullMarked;
