/** Convolutions and norms of pictures whose pixels are rows. */
@NullMarked
package org.peft4j.onednn.internal.picture;

import org.jspecify.annotations.NullMarked;
