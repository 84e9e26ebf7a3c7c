/** Tests. */
@NullMarked
package org.peft4j.train.internal;

import org.jspecify.annotations.NullMarked;
