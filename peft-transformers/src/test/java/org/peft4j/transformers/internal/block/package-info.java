/** Tests of blocks and their parts. */
@NullMarked
package org.peft4j.transformers.internal.block;

import org.jspecify.annotations.NullMarked;
