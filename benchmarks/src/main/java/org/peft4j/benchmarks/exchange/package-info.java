/** What workers of a ring send each other, measured and on paper. */
@NullMarked
package org.peft4j.benchmarks.exchange;

import org.jspecify.annotations.NullMarked;
