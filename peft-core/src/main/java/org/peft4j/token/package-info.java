/**
 * Trainable tokens: chosen rows of an embedding train, and with them the same rows of a tied output
 * head.
 */
@NullMarked
package org.peft4j.token;

import org.jspecify.annotations.NullMarked;
