/** How the learning rate changes over a training. */
@NullMarked
package org.peft4j.train.schedule;

import org.jspecify.annotations.NullMarked;
