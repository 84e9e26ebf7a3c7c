/** The injector of prompt tuning, and the first values of prompts. */
@NullMarked
package org.peft4j.prompt.internal.tuning;

import org.jspecify.annotations.NullMarked;
