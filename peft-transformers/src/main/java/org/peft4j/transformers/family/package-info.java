/**
 * The families of models, a class each: how a {@code config.json} is read, and which parts make a
 * model of it.
 */
@NullMarked
package org.peft4j.transformers.family;

import org.jspecify.annotations.NullMarked;
