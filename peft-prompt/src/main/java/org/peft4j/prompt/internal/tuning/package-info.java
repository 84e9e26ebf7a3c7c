/** The injector of prompt tuning, and what prompts begin as. */
@NullMarked
package org.peft4j.prompt.internal.tuning;

import org.jspecify.annotations.NullMarked;
