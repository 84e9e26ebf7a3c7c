@NullMarked
package org.peft4j.train.data.task;

import org.jspecify.annotations.NullMarked;
