/**
 * The comparison with Hugging Face PEFT: the same work on the same files, in turns, each time in
 * its own process.
 */
@NullMarked
package org.peft4j.benchmarks.compare;

import org.jspecify.annotations.NullMarked;
