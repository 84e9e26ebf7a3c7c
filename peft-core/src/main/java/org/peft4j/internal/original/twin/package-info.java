/**
 * Twins of Deeplearning4j's own layers: subclasses that add the adapters' parts beside the product
 * or the lookup, and run without copies of the frozen weights.
 */
@NullMarked
package org.peft4j.internal.original.twin;

import org.jspecify.annotations.NullMarked;
