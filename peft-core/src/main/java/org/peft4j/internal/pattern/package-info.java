/** Python's regular expressions, matched in bounded time. */
@NullMarked
package org.peft4j.internal.pattern;

import org.jspecify.annotations.NullMarked;
