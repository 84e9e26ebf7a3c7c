/** Multitask prompt tuning's prompt and its first values. */
@NullMarked
package org.peft4j.prompt.internal.multitask;

import org.jspecify.annotations.NullMarked;
