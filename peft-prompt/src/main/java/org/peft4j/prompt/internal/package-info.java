/** What prompts and prefixes share: tables of vectors, and where they are used. */
@NullMarked
package org.peft4j.prompt.internal;

import org.jspecify.annotations.NullMarked;
