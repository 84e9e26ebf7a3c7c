/** When a training ends before its last step. */
@NullMarked
package org.peft4j.train.stop;

import org.jspecify.annotations.NullMarked;
