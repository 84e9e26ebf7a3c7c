/** A pass of a batch of pictures through a model, to compare implementations. */
@NullMarked
package org.peft4j.diffusion.forward;

import org.jspecify.annotations.NullMarked;
