/** A training step of Stable Diffusion's UNet. */
@NullMarked
package org.peft4j.benchmarks.picture;

import org.jspecify.annotations.NullMarked;
