/** Reads the configs of diffusers. */
@NullMarked
package org.peft4j.diffusion.internal.config;

import org.jspecify.annotations.NullMarked;
