/** Convolutions by minimal filtering. */
@NullMarked
package org.peft4j.onednn.internal.winograd;

import org.jspecify.annotations.NullMarked;
