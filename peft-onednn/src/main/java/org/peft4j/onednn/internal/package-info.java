/** oneDNN's primitives and their native memory. */
@NullMarked
package org.peft4j.onednn.internal;

import org.jspecify.annotations.NullMarked;
