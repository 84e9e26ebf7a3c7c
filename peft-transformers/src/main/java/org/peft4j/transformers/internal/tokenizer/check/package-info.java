/**
 * Checks a {@code tokenizer.json} before native code sees it: every kind and field is known, every
 * size bounded, every name resolved.
 */
@NullMarked
package org.peft4j.transformers.internal.tokenizer.check;

import org.jspecify.annotations.NullMarked;
