/** Plans of checkpoints that are not loaded: what would train, and what it would take. */
@NullMarked
package org.peft4j.transformers.plan;

import org.jspecify.annotations.NullMarked;
