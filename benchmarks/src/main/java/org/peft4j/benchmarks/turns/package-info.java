/** Training steps of several methods on one model in one process, in turns. */
@NullMarked
package org.peft4j.benchmarks.turns;

import org.jspecify.annotations.NullMarked;
