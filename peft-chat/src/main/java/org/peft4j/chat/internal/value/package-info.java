/**
 * The values of a template as Python has them: {@link None}, {@code Boolean}, {@code Long}, {@code
 * Double}, {@code String}, {@code List}, {@code Map}, and the few types here. No other object is
 * ever reached from a template.
 */
@NullMarked
package org.peft4j.chat.internal.value;

import org.jspecify.annotations.NullMarked;
