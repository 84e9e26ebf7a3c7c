/** Kernels: the numerical operations of blocks and adapters. */
@NullMarked
package org.peft4j.kernel;

import org.jspecify.annotations.NullMarked;
