/** Positions of tokens: rotary tables, ALiBi, relative buckets and the patterns of a pass. */
@NullMarked
package org.peft4j.transformers.internal.position;

import org.jspecify.annotations.NullMarked;
