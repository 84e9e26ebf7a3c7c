/**
 * SameDiff graphs: their sites, the wrapped graph, and the operations in it that run adapters.
 *
 * <p>The wrapped graph has the base graph's operations over the same arrays, as constants. A {@link
 * org.peft4j.internal.samediff.GraftOp} stands where adapters act; SameDiff executes it like any
 * operation, and it computes in Java.
 */
@NullMarked
package org.peft4j.internal.samediff;

import org.jspecify.annotations.NullMarked;
