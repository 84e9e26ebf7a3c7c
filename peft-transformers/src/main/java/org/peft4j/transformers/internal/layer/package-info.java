/**
 * The Deeplearning4j layers of a transformer: embeddings, blocks, final norm and head, and the
 * vertex where an encoder and a decoder meet. They compute nothing themselves; the parts do.
 */
@NullMarked
package org.peft4j.transformers.internal.layer;

import org.jspecify.annotations.NullMarked;
