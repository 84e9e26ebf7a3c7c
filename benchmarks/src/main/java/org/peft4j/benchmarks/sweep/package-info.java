/**
 * What a training step of PEFT4J costs as tokens, layers and rank grow, and what of it is whose.
 */
@NullMarked
package org.peft4j.benchmarks.sweep;

import org.jspecify.annotations.NullMarked;
