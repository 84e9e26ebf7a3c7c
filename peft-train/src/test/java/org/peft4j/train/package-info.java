/** Tests. */
@NullMarked
package org.peft4j.train;

import org.jspecify.annotations.NullMarked;
