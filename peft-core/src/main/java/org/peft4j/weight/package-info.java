/**
 * The frozen weights of a base model as objects: what a weight is held in, a file or a vector of
 * Deeplearning4j, in 32 bits or fewer, is its own business.
 */
@NullMarked
package org.peft4j.weight;

import org.jspecify.annotations.NullMarked;
