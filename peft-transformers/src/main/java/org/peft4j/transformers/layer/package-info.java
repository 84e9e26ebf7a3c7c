/** The coarse layers of a transformer: embeddings, blocks, final norm and language-model head. */
@NullMarked
package org.peft4j.transformers.layer;

import org.jspecify.annotations.NullMarked;
