/** The tokenizers library, called behind checks. */
@NullMarked
package org.peft4j.transformers.internal.tokenizer;

import org.jspecify.annotations.NullMarked;
