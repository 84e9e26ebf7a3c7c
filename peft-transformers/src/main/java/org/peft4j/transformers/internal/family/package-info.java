/**
 * What families of models share: how to read the fields of a {@code config.json}, each of them
 * used, known to change nothing, or refused.
 */
@NullMarked
package org.peft4j.transformers.internal.family;

import org.jspecify.annotations.NullMarked;
