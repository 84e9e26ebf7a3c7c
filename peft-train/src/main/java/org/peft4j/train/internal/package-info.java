/** Checkpoints of a training: what they hold, and how they are written and read. */
@NullMarked
package org.peft4j.train.internal;

import org.jspecify.annotations.NullMarked;
