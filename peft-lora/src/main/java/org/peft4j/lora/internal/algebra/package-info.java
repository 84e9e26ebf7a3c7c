/** Matrix decompositions in double precision. */
@NullMarked
package org.peft4j.lora.internal.algebra;

import org.jspecify.annotations.NullMarked;
