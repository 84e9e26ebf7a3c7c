/**
 * The frozen weights of a base model as objects, which hide their format: a file or a vector of
 * Deeplearning4j, in 32 bits or fewer.
 */
@NullMarked
package org.peft4j.weight;

import org.jspecify.annotations.NullMarked;
