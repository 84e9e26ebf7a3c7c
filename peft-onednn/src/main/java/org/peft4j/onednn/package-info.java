/** Kernels on oneDNN, which compute in FLOAT on ND4J's own CPU buffers. */
@NullMarked
package org.peft4j.onednn;

import org.jspecify.annotations.NullMarked;
