/**
 * Layers and vertices of the wrapped network as Deeplearning4j sees them: their parameters,
 * gradients and updater state are the adapters', their passes are the twin's ({@link
 * org.peft4j.internal.original}).
 */
@NullMarked
package org.peft4j.internal.adapted;

import org.jspecify.annotations.NullMarked;
