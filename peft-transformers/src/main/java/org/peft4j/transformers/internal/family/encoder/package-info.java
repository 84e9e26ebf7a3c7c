/** Families of encoders: no token is hidden from another. */
@NullMarked
package org.peft4j.transformers.internal.family.encoder;

import org.jspecify.annotations.NullMarked;
