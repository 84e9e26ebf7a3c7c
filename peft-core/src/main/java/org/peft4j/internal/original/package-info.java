/**
 * The base model's layers and vertices as wrapping sees them.
 *
 * <p>An <em>original</em> ({@link org.peft4j.internal.original.OriginalLayer}, {@link
 * org.peft4j.internal.original.OriginalVertex}) describes one layer or vertex of the base model:
 * its sites and its frozen arrays. It builds a <em>twin</em> ({@link
 * org.peft4j.internal.original.TwinLayer}, {@link org.peft4j.internal.original.TwinVertex}): an
 * implementation that runs over the same frozen arrays with adapters grafted on. In the wrapped
 * network an <em>adapted</em> layer or vertex ({@link org.peft4j.internal.adapted}) runs the twin,
 * and has the adapters' parameters as its own.
 */
@NullMarked
package org.peft4j.internal.original;

import org.jspecify.annotations.NullMarked;
