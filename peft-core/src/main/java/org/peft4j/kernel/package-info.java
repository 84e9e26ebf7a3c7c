/** Kernels: the numerical operations that blocks and adapters are written in. */
@NullMarked
package org.peft4j.kernel;

import org.jspecify.annotations.NullMarked;
