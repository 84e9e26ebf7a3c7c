/** Frozen modules with what is grafted on them. */
@NullMarked
package org.peft4j.module;

import org.jspecify.annotations.NullMarked;
