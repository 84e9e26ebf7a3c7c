/** Tokenizers of Hugging Face checkpoints. */
@NullMarked
package org.peft4j.transformers.tokenizer;

import org.jspecify.annotations.NullMarked;
