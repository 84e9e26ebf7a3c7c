@NullMarked
package org.peft4j.train.objective;

import org.jspecify.annotations.NullMarked;
