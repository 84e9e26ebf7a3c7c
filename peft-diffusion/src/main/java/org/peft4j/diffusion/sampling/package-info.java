/** Pictures from noise: the loop that a sampler, a UNet and guidance make together. */
@NullMarked
package org.peft4j.diffusion.sampling;

import org.jspecify.annotations.NullMarked;
