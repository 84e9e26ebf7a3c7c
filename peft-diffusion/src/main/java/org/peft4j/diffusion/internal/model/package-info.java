/** A loaded model of pictures, and what its layers share in a pass. */
@NullMarked
package org.peft4j.diffusion.internal.model;

import org.jspecify.annotations.NullMarked;
