/** Families of an encoder and a decoder, one class each. */
@NullMarked
package org.peft4j.transformers.internal.family.seq2seq;

import org.jspecify.annotations.NullMarked;
