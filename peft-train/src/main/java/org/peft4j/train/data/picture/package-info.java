/** Pictures to train on and to measure with. */
@NullMarked
package org.peft4j.train.data.picture;

import org.jspecify.annotations.NullMarked;
