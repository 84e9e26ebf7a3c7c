/** Changes of logits before a token is chosen, as in Hugging Face transformers. */
@NullMarked
package org.peft4j.transformers.internal.logits;

import org.jspecify.annotations.NullMarked;
