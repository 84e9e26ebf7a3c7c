/**
 * Trainable tokens: chosen rows of an embedding train, and with a tied output head the same rows of
 * it.
 */
@NullMarked
package org.peft4j.token;

import org.jspecify.annotations.NullMarked;
