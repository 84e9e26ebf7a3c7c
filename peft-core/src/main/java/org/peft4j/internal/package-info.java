/** Helpers shared by PEFT4J's own packages. Not part of the public API; may change at any time. */
@NullMarked
package org.peft4j.internal;

import org.jspecify.annotations.NullMarked;
