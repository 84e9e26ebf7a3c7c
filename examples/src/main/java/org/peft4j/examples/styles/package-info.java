/** Two styles of writing, and a preference between them. */
@NullMarked
package org.peft4j.examples.styles;

import org.jspecify.annotations.NullMarked;
