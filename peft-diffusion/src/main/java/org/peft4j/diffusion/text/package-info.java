/** Prompts as the states that a UNet reads. */
@NullMarked
package org.peft4j.diffusion.text;

import org.jspecify.annotations.NullMarked;
