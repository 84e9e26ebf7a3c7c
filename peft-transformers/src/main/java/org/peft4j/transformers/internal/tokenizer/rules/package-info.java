/**
 * From the files of a checkpoint's tokenizer to the description that transformers 5 would run: its
 * tokenizer classes build parts of it anew, and {@code tokenizer_config.json} adds tokens.
 */
@NullMarked
package org.peft4j.transformers.internal.tokenizer.rules;

import org.jspecify.annotations.NullMarked;
