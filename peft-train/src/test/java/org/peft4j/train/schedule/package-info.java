/** Tests. */
@NullMarked
package org.peft4j.train.schedule;

import org.jspecify.annotations.NullMarked;
