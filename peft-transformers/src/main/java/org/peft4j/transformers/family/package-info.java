/**
 * Families of models, one class each: how to read a {@code config.json}, and the parts of its
 * model.
 */
@NullMarked
package org.peft4j.transformers.family;

import org.jspecify.annotations.NullMarked;
