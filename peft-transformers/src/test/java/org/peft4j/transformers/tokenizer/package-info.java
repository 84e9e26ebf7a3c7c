/** Tests. */
@NullMarked
package org.peft4j.transformers.tokenizer;

import org.jspecify.annotations.NullMarked;
