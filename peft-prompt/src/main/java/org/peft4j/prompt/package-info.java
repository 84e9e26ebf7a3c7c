/** What prompts and prefixes have in common: a table of vectors, and where it stands. */
@NullMarked
package org.peft4j.prompt;

import org.jspecify.annotations.NullMarked;
