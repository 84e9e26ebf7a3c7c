/**
 * The originals of Deeplearning4j's own layers and vertices: which sites each has, and which twin
 * it builds.
 */
@NullMarked
package org.peft4j.internal.original.stock;

import org.jspecify.annotations.NullMarked;
