/** The common part of prompts and prefixes: a table of vectors and its use. */
@NullMarked
package org.peft4j.prompt;

import org.jspecify.annotations.NullMarked;
