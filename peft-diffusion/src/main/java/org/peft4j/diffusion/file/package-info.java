/** Files of LoRA adapters that other programs for Stable Diffusion write. */
@NullMarked
package org.peft4j.diffusion.file;

import org.jspecify.annotations.NullMarked;
