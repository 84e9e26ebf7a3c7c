/** The layers of a model of pictures, as Deeplearning4j sees them. */
@NullMarked
package org.peft4j.diffusion.internal.layer;

import org.jspecify.annotations.NullMarked;
