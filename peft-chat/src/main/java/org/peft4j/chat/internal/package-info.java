/** From JSON to the values of templates. */
@NullMarked
package org.peft4j.chat.internal;

import org.jspecify.annotations.NullMarked;
