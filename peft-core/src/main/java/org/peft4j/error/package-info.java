/** The exceptions of every module. */
@NullMarked
package org.peft4j.error;

import org.jspecify.annotations.NullMarked;
