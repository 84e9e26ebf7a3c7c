/** Families of decoders, one class each: their fields, and the parts of their models. */
@NullMarked
package org.peft4j.transformers.internal.family.decoder;

import org.jspecify.annotations.NullMarked;
