/**
 * The Deeplearning4j layers of a transformer: embeddings, blocks, final norm and head. They compute
 * nothing themselves; the parts do.
 */
@NullMarked
package org.peft4j.transformers.internal.layer;

import org.jspecify.annotations.NullMarked;
