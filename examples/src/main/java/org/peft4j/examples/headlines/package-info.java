/** A small encoder-decoder learns a new task. */
@NullMarked
package org.peft4j.examples.headlines;

import org.jspecify.annotations.NullMarked;
