/**
 * All parts of a model's folder together: from prompts to pictures, and from pictures to latents.
 */
@NullMarked
package org.peft4j.diffusion.pipeline;

import org.jspecify.annotations.NullMarked;
