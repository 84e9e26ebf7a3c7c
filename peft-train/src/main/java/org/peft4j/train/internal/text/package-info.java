/** Text files. */
@NullMarked
package org.peft4j.train.internal.text;

import org.jspecify.annotations.NullMarked;
