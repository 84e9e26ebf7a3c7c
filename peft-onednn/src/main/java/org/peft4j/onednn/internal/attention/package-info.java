/** Attention in tiles of queries, by products of all of a tile's heads. */
@NullMarked
package org.peft4j.onednn.internal.attention;

import org.jspecify.annotations.NullMarked;
