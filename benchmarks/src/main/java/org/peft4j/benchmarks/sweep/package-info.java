/** The cost of a PEFT4J training step with growing tokens, layers and rank, and its parts. */
@NullMarked
package org.peft4j.benchmarks.sweep;

import org.jspecify.annotations.NullMarked;
