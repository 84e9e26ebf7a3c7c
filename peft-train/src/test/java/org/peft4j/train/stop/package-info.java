/** Tests of rules that end a training. */
@NullMarked
package org.peft4j.train.stop;

import org.jspecify.annotations.NullMarked;
