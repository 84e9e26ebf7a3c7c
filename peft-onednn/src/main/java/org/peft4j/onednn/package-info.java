/** Kernels on oneDNN: they compute on the addresses of ND4J's own CPU buffers, in FLOAT. */
@NullMarked
package org.peft4j.onednn;

import org.jspecify.annotations.NullMarked;
