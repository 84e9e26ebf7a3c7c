/** Plans for checkpoints without loading them: what would train, and the memory it would take. */
@NullMarked
package org.peft4j.transformers.plan;

import org.jspecify.annotations.NullMarked;
