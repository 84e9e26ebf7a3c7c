/** What a training tells while it runs, and at its end. */
@NullMarked
package org.peft4j.train.metrics;

import org.jspecify.annotations.NullMarked;
