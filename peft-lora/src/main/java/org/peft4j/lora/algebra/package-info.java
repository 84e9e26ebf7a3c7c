/** Decompositions of matrices, in double precision. */
@NullMarked
package org.peft4j.lora.algebra;

import org.jspecify.annotations.NullMarked;
