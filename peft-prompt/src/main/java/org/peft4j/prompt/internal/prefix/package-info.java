/** Prefix tuning's keys and values. */
@NullMarked
package org.peft4j.prompt.internal.prefix;

import org.jspecify.annotations.NullMarked;
