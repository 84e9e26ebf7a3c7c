/** Loads Hugging Face checkpoints of transformer language models as Deeplearning4j graphs. */
@NullMarked
package org.peft4j.transformers;

import org.jspecify.annotations.NullMarked;
