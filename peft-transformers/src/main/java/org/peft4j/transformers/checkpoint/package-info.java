/** Checkpoint folders that Hugging Face transformers loads: merged, copied, or fresh ones. */
@NullMarked
package org.peft4j.transformers.checkpoint;

import org.jspecify.annotations.NullMarked;
