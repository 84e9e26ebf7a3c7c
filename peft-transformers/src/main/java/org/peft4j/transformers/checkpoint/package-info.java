/** Writes checkpoint folders that Hugging Face transformers loads: merged, copied or new. */
@NullMarked
package org.peft4j.transformers.checkpoint;

import org.jspecify.annotations.NullMarked;
