/** Vectors of texts and pictures, and how well these go together. */
@NullMarked
package org.peft4j.transformers.internal.vector;

import org.jspecify.annotations.NullMarked;
