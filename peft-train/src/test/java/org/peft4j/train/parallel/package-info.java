@NullMarked
package org.peft4j.train.parallel;

import org.jspecify.annotations.NullMarked;
