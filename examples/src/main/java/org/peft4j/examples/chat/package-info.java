/** A chat model learns from conversations. */
@NullMarked
package org.peft4j.examples.chat;

import org.jspecify.annotations.NullMarked;
