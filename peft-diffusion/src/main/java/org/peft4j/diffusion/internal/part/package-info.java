/** The parts of a model of pictures over its frozen weights, with their backward passes. */
@NullMarked
package org.peft4j.diffusion.internal.part;

import org.jspecify.annotations.NullMarked;
