/** Tests. */
@NullMarked
package org.peft4j.train.data;

import org.jspecify.annotations.NullMarked;
