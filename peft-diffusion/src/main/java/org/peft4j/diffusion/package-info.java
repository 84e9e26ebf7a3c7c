/** Diffusion models of pictures: the UNet of Stable Diffusion, and its autoencoder. */
@NullMarked
package org.peft4j.diffusion;

import org.jspecify.annotations.NullMarked;
